"""How many tokens requests use, before anybody has counted them."""

from dspy.lm15 import Request, Response

# The usual rule of thumb for English text; exact counts need the tokenizer of a model.
CHARACTERS_PER_TOKEN = 4.0
# The length that is assumed for an answer before one has come, in tokens.
ANSWER_TOKENS = 400.0
# How many answers the assumptions above weigh as much as.
WEIGHT = 4.0


class Sizes:
    """The sizes of one role's requests to one model: assumed at first, then as its answers were.

    >>> sizes = Sizes()
    >>> sizes.of_prompt(4_000), sizes.of_answer
    (1000, 400)
    >>> for _ in range(400):
    ...     sizes.learn(characters=4_000, read=1_250, wrote=200)
    >>> 1_240 < sizes.of_prompt(4_000) <= 1_250, 200 <= sizes.of_answer < 205
    (True, True)
    """

    def __init__(self) -> None:
        self._answers = WEIGHT
        self._wrote = WEIGHT * ANSWER_TOKENS
        self._characters = WEIGHT * CHARACTERS_PER_TOKEN * 1_000
        self._read = WEIGHT * 1_000

    def of_prompt(self, characters: int) -> int:
        """The tokens of a prompt of so many characters."""
        return round(characters * self._read / self._characters)

    @property
    def of_answer(self) -> int:
        """The tokens of an answer, on average."""
        return round(self._wrote / self._answers)

    def learn(self, characters: int, read: int, wrote: int) -> None:
        """Take in the tokens that a prompt of so many characters and its answer had."""
        self._answers += 1
        self._wrote += wrote
        self._characters += characters
        self._read += read


def prompt_characters(request: Request) -> int:
    """The length of all that ``request`` has to say."""
    system = request.system if isinstance(request.system, str) else ""
    return len(system) + sum(len(message.text or "") for message in request.messages)


def text_tokens(response: Response) -> int:
    """About how many tokens the text of ``response`` has, at least one."""
    return max(1, round(len(response.text or "") / CHARACTERS_PER_TOKEN))
