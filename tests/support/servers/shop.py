"""A shop with users, products, orders and payments, whose ids are all small numbers and whose results repeat what was
asked.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import Field

from toolgrad_dspy.tools import FunctionSource

NAMES = ("Ann Lee", "Bo Chen", "Cleo Diaz", "Dev Rao")
PRODUCTS = (("teapot", 24.5), ("lamp", 39.0), ("kettle", 31.2), ("chair", 120.0))

Id = Annotated[int, Field(ge=1, examples=[1, 2, 3])]
Method = Literal["card", "gift_card"]


def shop() -> FunctionSource:
    """A source whose sessions each have a shop of their own, with one order."""

    def make(seed: int) -> list[Callable[..., Any]]:
        stock = dict.fromkeys(range(1, len(PRODUCTS) + 1), 3)
        balance = dict.fromkeys(range(1, len(NAMES) + 1), 200.0)
        city = dict.fromkeys(range(1, len(NAMES) + 1), "Lund")
        orders: dict[int, dict[str, Any]] = {
            1: {"order_id": 1, "user_id": 2, "product_id": 3, "amount": 31.2, "status": "open"}
        }

        def user_of(user_id: int) -> int:
            if user_id not in balance:
                raise LookupError(f"there is no user {user_id}")
            return user_id

        def get_user(user_id: Id) -> dict[str, Any]:
            """Show a user, with the gift card's balance and the orders."""
            own = [number for number, order in orders.items() if order["user_id"] == user_of(user_id)]
            return {
                "user_id": user_id,
                "name": NAMES[user_id - 1],
                "city": city[user_id],
                "balance": balance[user_id],
                "order_ids": own,
            }

        def list_products() -> dict[str, Any]:
            """List the products, with their prices and what is in stock."""
            rows = enumerate(PRODUCTS, 1)
            return {"products": [{"product_id": n, "name": a, "price": p, "stock": stock[n]} for n, (a, p) in rows]}

        def place_order(user_id: Id, product_id: Id) -> dict[str, Any]:
            """Order a product for a user."""
            user_of(user_id)
            if not stock.get(product_id):
                raise LookupError(f"product {product_id} is not in stock")
            stock[product_id] -= 1
            number = len(orders) + 1
            amount = PRODUCTS[product_id - 1][1]
            orders[number] = {
                "order_id": number,
                "user_id": user_id,
                "product_id": product_id,
                "amount": amount,
                "status": "open",
            }
            return dict(orders[number])

        def get_order(order_id: Id) -> dict[str, Any]:
            """Show an order."""
            if order_id not in orders:
                raise LookupError(f"there is no order {order_id}")
            return dict(orders[order_id])

        def pay_order(order_id: Id, method: Method = "card") -> dict[str, Any]:
            """Pay an open order, by card or from the gift card."""
            order = orders[get_order(order_id)["order_id"]]
            if order["status"] != "open":
                raise ValueError(f"order {order_id} is {order['status']}")
            if method == "gift_card":
                balance[order["user_id"]] -= order["amount"]
            order["status"] = "paid"
            return {"order_id": order_id, "method": method, "paid": order["amount"]}

        def cancel_order(order_id: Id) -> dict[str, Any]:
            """Cancel an order that is not paid yet."""
            order = orders[get_order(order_id)["order_id"]]
            if order["status"] != "open":
                raise ValueError(f"order {order_id} is {order['status']}")
            order["status"] = "cancelled"
            stock[order["product_id"]] += 1
            return {"order_id": order_id, "status": "cancelled"}

        def move_house(user_id: Id, new_city: Annotated[str, Field(examples=["Oslo", "Turku"])]) -> dict[str, Any]:
            """Change the city of a user."""
            city[user_of(user_id)] = new_city
            return {"ok": True}

        return [get_user, list_products, place_order, get_order, pay_order, cancel_order, move_house]

    return FunctionSource(
        "shop", make, isolation="session", writes=["place_order", "pay_order", "cancel_order", "move_house"]
    )
