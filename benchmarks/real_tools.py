"""A small shop as plain functions: the function file of `benchmarks/real_model.py`."""

from typing import Any, Literal

Size = Literal["small", "medium", "large"]

_ITEMS = {
    "itm-301": {"name": "Oak desk", "category": "furniture", "price": 240.0, "stock": 3},
    "itm-302": {"name": "Reading lamp", "category": "lighting", "price": 35.5, "stock": 12},
    "itm-303": {"name": "Wool blanket", "category": "textiles", "price": 59.0, "stock": 0},
    "itm-304": {"name": "Office chair", "category": "furniture", "price": 129.0, "stock": 5},
    "itm-305": {"name": "Floor lamp", "category": "lighting", "price": 89.0, "stock": 2},
}
_REVIEWS = {
    "itm-301": [("Mira", 5, "Solid and easy to put together."), ("Jonas", 4, "Good, but heavy.")],
    "itm-302": [("Ada", 3, "The switch is stiff.")],
    "itm-304": [("Lena", 5, "My back thanks me.")],
}
_SHIPPING = {"small": 4.9, "medium": 9.9, "large": 29.0}


def search_items(category: Literal["furniture", "lighting", "textiles"], max_price: float = 500.0) -> dict[str, Any]:
    """Search the shop's items of a category, cheapest first.

    Args:
        category: The kind of item.
        max_price: The highest price in euros.
    """
    found = [
        {"item_id": key, **item}
        for key, item in _ITEMS.items()
        if item["category"] == category and float(str(item["price"])) <= max_price
    ]
    return {"items": sorted(found, key=lambda item: float(str(item["price"])))}


def get_item(item_id: str) -> dict[str, Any]:
    """Get one item: name, category, price in euros and stock.

    Args:
        item_id: Id of the item, as returned by search_items.
    """
    return {"item_id": item_id, **_known(item_id)}


def list_reviews(item_id: str, min_stars: int = 1) -> dict[str, Any]:
    """List what buyers say about an item.

    Args:
        item_id: Id of the item, as returned by search_items.
        min_stars: The fewest stars, 1 to 5.
    """
    _known(item_id)
    reviews = [
        {"author": author, "stars": stars, "text": text}
        for author, stars, text in _REVIEWS.get(item_id, [])
        if stars >= min_stars
    ]
    return {"item_id": item_id, "reviews": reviews}


def quote_shipping(item_id: str, size: Size, express: bool = False) -> dict[str, Any]:
    """Tell what it costs to ship an item, and how many days it takes.

    Args:
        item_id: Id of the item, as returned by search_items.
        size: The size of the parcel.
        express: Whether it has to be there the next day.
    """
    _known(item_id)
    return {
        "item_id": item_id,
        "euros": _SHIPPING[size] + (12.0 if express else 0.0),
        "days": 1 if express else 4,
    }


def convert_price(euros: float, currency: Literal["USD", "GBP", "CHF"]) -> dict[str, Any]:
    """Convert a price in euros to another currency, at a fixed rate.

    Args:
        euros: The price in euros.
        currency: The currency to convert to.
    """
    rate = {"USD": 1.08, "GBP": 0.85, "CHF": 0.95}[currency]
    return {"euros": euros, "currency": currency, "amount": round(euros * rate, 2)}


def _known(item_id: str) -> dict[str, object]:
    if item_id not in _ITEMS:
        raise ValueError(f"there is no item {item_id!r}")
    return _ITEMS[item_id]


FUNCTIONS = (search_items, get_item, list_reviews, quote_shipping, convert_price)
