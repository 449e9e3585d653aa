"""The user's address book and messages."""

from typing import Annotated, Any, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TIMESTAMP
from toolgrad_dspy.world.database import World, words
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotFound, NotPermitted
from toolgrad_dspy.world.names import District, Relation
from toolgrad_dspy.world.parameters import Arguments, Limit, Page, Result, pages
from toolgrad_dspy.world.registry import Toolbox

contacts = Toolbox("contacts")

ContactId = Annotated[str, Field(description="Id of the contact, as returned by find_contacts.")]


class ContactSummary(Result):
    contact_id: str
    name: str
    relation: Relation
    district: District


class ContactPage(Result):
    contacts: list[ContactSummary]
    total: int
    next_page: int | None


class Contact(ContactSummary):
    email: str
    phone: str | None
    address: str


class Message(Result):
    message_id: str
    contact_id: str
    name: str
    direction: Literal["received", "sent"]
    sent_at: str
    text: str
    unread: bool
    reply_to: str | None


class MessagePage(Result):
    messages: list[Message]
    next_cursor: str | None


class Address(Arguments):
    """Where somebody lives."""

    street: Annotated[
        str,
        Field(description="Street and house number.", min_length=3, examples=["Willow Walk 12", "Castle Street 3"]),
    ]
    district: Annotated[District, Field(description="District of the town.")]


@contacts.reads
def find_contacts(
    world: World,
    name: Annotated[
        str | None,
        Field(description="Words of the name; null means anybody.", examples=["Ada Quill", "Lindqvist", "Greta"]),
    ] = None,
    relation: Annotated[Relation | None, Field(description="Only people of this relation; null means any.")] = None,
    district: Annotated[District | None, Field(description="Only people who live there; null means any.")] = None,
    page: Page = 1,
    limit: Limit = 10,
) -> ContactPage:
    """Find people in your address book by name, relation or district."""
    named, needles = words(name, "name")
    where = f"listed AND {named} AND (? IS NULL OR relation = ?) AND (? IS NULL OR district = ?)"
    values = (*needles, relation, relation, district, district)
    total = world.number(f"SELECT count(*) FROM contact WHERE {where}", *values)
    offset, next_page = pages(total, page, limit)
    people = world.read(
        ContactSummary,
        f"SELECT contact_id, name, relation, district FROM contact WHERE {where} "
        "ORDER BY name, contact_id LIMIT ? OFFSET ?",
        *values,
        limit,
        offset,
    )
    return ContactPage(contacts=people, total=total, next_page=next_page)


@contacts.reads
def get_contact(world: World, contact_id: ContactId) -> Contact:
    """Get the details of one contact: e-mail address, phone number and street address."""
    return _contact(world, contact_id)


@contacts.writes()
def add_contact(
    world: World,
    name: Annotated[str, Field(description="Full name.", min_length=2, examples=["Lena Hartmann", "Yusuf Demir"])],
    email: Annotated[
        str,
        Field(
            description="E-mail address.",
            pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
            examples=["lena.hartmann@post.example", "yusuf.demir@post.example"],
            json_schema_extra={"format": "email"},
        ),
    ],
    address: Annotated[Address, Field(description="Where the person lives.")],
    relation: Annotated[Relation, Field(description="How you know the person.")] = "friend",
    phone: Annotated[
        str | None, Field(description="Phone number; null if unknown.", examples=["+44 1632 960733"])
    ] = None,
) -> Contact:
    """Add a person to your address book; an e-mail address can be in it only once."""
    known = world.row("SELECT name FROM contact WHERE email = ?", email.lower())
    if known:
        raise Conflict(f"{email} already belongs to {known['name']}.")
    contact_id = world.new_id("contact")
    world.add(
        "contact",
        contact_id=contact_id,
        name=name,
        email=email.lower(),
        phone=phone,
        relation=relation,
        district=address.district,
        address=address.street,
        accepts_messages=True,
        listed=True,
    )
    return _contact(world, contact_id)


@contacts.reads
def list_messages(
    world: World,
    contact_id: Annotated[
        str | None, Field(description="Only messages with this person, by the id from find_contacts; null means all.")
    ] = None,
    unread_only: Annotated[bool, Field(description="Only messages you have not read.")] = False,
    limit: Limit = 10,
    cursor: Annotated[
        str | None, Field(description="The next_cursor of the previous page; null for the first page.")
    ] = None,
) -> MessagePage:
    """List your messages, newest first; listing does not mark them as read."""
    if contact_id is not None:
        listed(world, contact_id)
    newest = ("9999", "")
    if cursor is not None:
        try:
            start = world.get("message", cursor.replace("pg-", "msg-", 1))
        except NotFound:
            raise InvalidArgument(f"{cursor!r} is not a next_cursor of list_messages.") from None
        newest = (start["sent_at"], start["message_id"])
    messages = world.read(
        Message,
        "SELECT message_id, contact_id, name, direction, sent_at, text, unread, reply_to "
        "FROM message JOIN contact USING (contact_id) WHERE (? IS NULL OR contact_id = ?) AND unread >= ? "
        "AND (sent_at, message_id) <= (?, ?) ORDER BY sent_at DESC, message_id DESC LIMIT ?",
        contact_id,
        contact_id,
        int(unread_only),
        *newest,
        limit + 1,
    )
    following = messages[limit].message_id.replace("msg-", "pg-") if len(messages) > limit else None
    return MessagePage(messages=messages[:limit], next_cursor=following)


@contacts.writes()
def send_message(
    world: World,
    contact_id: ContactId,
    text: Annotated[
        str,
        Field(
            description="What to write.",
            min_length=1,
            max_length=1000,
            examples=["See you at seven.", "Could we meet a little later?"],
        ),
    ],
    reply_to_message_id: Annotated[
        str | None, Field(description="Id of the message this answers, as returned by list_messages; null for none.")
    ] = None,
) -> Message:
    """Send a text message to a contact, optionally in reply to one of theirs."""
    person = listed(world, contact_id)
    if not person["accepts_messages"]:
        raise NotPermitted(f"{person['name']} has blocked messages from you.")
    if reply_to_message_id is not None:
        original = world.get("message", reply_to_message_id)
        if original["contact_id"] != contact_id:
            raise InvalidArgument(
                f"message {reply_to_message_id} is not part of your exchange with {person['name']}."
            )
        world.run("UPDATE message SET unread = 0 WHERE message_id = ?", reply_to_message_id)
    message_id = world.new_id("message")
    world.add(
        "message",
        message_id=message_id,
        contact_id=contact_id,
        direction="sent",
        sent_at=TIMESTAMP,
        text=text,
        unread=False,
        reply_to=reply_to_message_id,
    )
    return Message(
        message_id=message_id, contact_id=contact_id, name=person["name"], direction="sent", sent_at=TIMESTAMP,
        text=text, unread=False, reply_to=reply_to_message_id,
    )  # fmt: skip


def listed(world: World, contact_id: str) -> dict[str, Any]:
    """The contact with that id; raises NotFound, for the user's own record as well."""
    person = world.get("contact", contact_id)
    if not person["listed"]:
        raise NotFound(f"no contact has the id {contact_id!r}.")
    return person


def _contact(world: World, contact_id: str) -> Contact:
    person = listed(world, contact_id)
    return Contact(**{name: person[name] for name in Contact.model_fields})
