"""Made-up tasks in the shapes of VitaBench: delivery in Chinese and English, in-store with marks, travel by train to a hotel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write(path: Path, tasks: list[Any]) -> None:
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")


def store(id_: str, name: str, products: list[str], tags: tuple[str, ...] = ()) -> dict[str, Any]:
    sold = [{"product_id": f"{id_}_P{n}", "store_id": id_, "store_name": name, "name": p, "price": 20 + n, "tags": [],
             "attributes": []} for n, p in enumerate(products)]
    return {"store_id": id_, "name": name, "score": 4.5, "tags": list(tags), "products": sold,
            "location": {"address": f"{name} 1", "longitude": 102.1, "latitude": 25.5}}


def order(id_: str, shop: str, products: list[str], **more: Any) -> dict[str, Any]:
    bought = [{"product_id": p, "quantity": 1} for p in products]
    return {"order_id": id_, "store_id": shop, "status": "paid", "products": bought} | more


def task(
    id_: str, request: str, shops: dict[str, Any], required: list[Any], user: str = "U1", profile: dict[str, str] | None = None,
    habits: dict[str, Any] | None = None, city: str = "Kunming City", **environment: Any,
) -> dict[str, Any]:
    world = {"time": "2024-05-12 16:19:36", "user_id": user, "orders": {}, "user_historical_behaviors": habits or {},
             "weather": [{"city": city, "category": "rain", "datetime": "2024-05-12", "temperature": [15, 21]}],
             "location": [{"address": "Road 1", "longitude": 102.6, "latitude": 25.0}]}
    states = [{"required_orders": required, "state_rubrics": []}]
    return {"id": id_, "instructions": request, "user_scenario": {"user_profile": {"user id": user} | (profile or {})},
            "environment": world | shops | environment,
            "evaluation_criteria": {"expected_states": states, "overall_rubrics": []}}


def delivery_zh() -> dict[str, Any]:
    shops = {"S1": store("S1", "海鲜大排档", ["蒜蓉小龙虾", "麻辣小龙虾", "扬州炒饭"]), "S2": store("S2", "甜品铺", ["芋泥麻薯"]),
             "S3": store("S3", "小龙虾拌面", ["香辣小龙虾"])}
    habits = {"用户id": "U1", "早餐": {"常消费类目": ["简餐快餐/包子（平均15元）"], "搜索记录": ["养胃粥"],
                                     "近期订单": [{"店铺": "包子铺", "商品": "豆浆"}]}}
    return task("1", "你的孩子要吃蒜蓉小龙虾，预算50元左右。你还想点一份芋泥甜品送到你家。", {"stores": shops},
                [order("1T1", "S1", ["S1_P0"]), order("1T2", "S2", ["S2_P0"])], habits=habits, city="昆明市",
                profile={"性格": "做事急躁，缺乏耐心等待过程", "职业": "医生"})


def delivery_en(user: str = "U2", id_: str = "2") -> dict[str, Any]:
    house, bar = f"S7{id_}", f"S8{id_}"
    shops = {house: store(house, "Crayfish House", ["Garlic crayfish", "Spicy crayfish"]),
             bar: store(bar, "Noodle Bar", ["Beef noodles"])}
    habits = {"breakfast": {"search history": ["porridge"], "recent orders": [{"store": "Bakery", "product": f"Bun of {user}"}]}}
    return task(id_, "You want garlic crayfish for your child. Keep it within 50 yuan.", {"stores": shops},
                [order("2T1", house, [f"{house}_P0"])], user=user, habits=habits,
                profile={"personality": "Mild-tempered with high cooperation"})


def instore() -> dict[str, Any]:
    def shop(id_: str, name: str, mark: str, products: dict[str, str]) -> dict[str, Any]:
        return {"shop_id": id_, "shop_name": name, "score": 4.7, "tags": ["Yoga"], "category": "other in-store services",
                "enable_book": False, "shop_type": mark, "target_reason": "because it is right",
                "products": [{"product_id": f"{id_}P{n}", "shop_id": id_, "name": p, "price": 58, "quantity": 3, "tags": [],
                              "product_type": m} for n, (p, m) in enumerate(products.items())]}

    shops = {"I1": shop("I1", "Qingya Yoga Studio", "target", {"Yoga trial class": "target", "Monthly card": "distraction"}),
             "I2": shop("I2", "Music Box KTV", "distraction", {"Singing package": "distraction"})}
    booking = {"reservation_id": "R", "shop_id": "I1", "reservation_time": "2025-07-11 19:30:00", "customer_id": "U3"}
    old = order("3T0", "I2", ["I2P0"])
    return task("3", "You plan to find a yoga studio near home. You need a trial class.", {"shops": shops},
                [order("3T1", "I1", ["I1P0"]), booking, old | {"status": "cancelled"}], user="U3", orders={"3T0": old},
                books={"B": {"book_id": "B", "shop_id": "I1", "customer_id": "U3"}}, reservations={})


def travel() -> dict[str, Any]:
    def hotel(id_: str, name: str, stars: int) -> dict[str, Any]:
        rooms = [{"product_id": f"{id_}R{n}", "price": 300.0, "quantity": 2, "date": "2025-05-01", "room_type": room}
                 for n, room in enumerate(("Twin room", "Queen room"))]
        return {"hotel_id": id_, "hotel_name": name, "score": 4.8, "star_rating": stars, "tags": ["pool"], "products": rooms,
                "location": {"address": "Lake Road 2", "longitude": 1.0, "latitude": 2.0}}

    seats = [{"product_id": "T1A", "price": 450.0, "quantity": 9, "date": "2025-05-01", "seat_type": "second class"}]
    train = {"train_id": "T1", "train_number": "G1234", "departure_city": "Wuhan", "arrival_city": "Hangzhou", "tags": [],
             "departure_station_location": {"address": "Wuhan Station", "longitude": 1.0, "latitude": 2.0}, "products": seats}
    return task("4", "You want a queen room in a hotel with a pool on May 1. Also you need a train to Hangzhou, second class.",
                {"hotels": {"H1": hotel("H1", "Lake Hotel", 5), "H2": hotel("H2", "Station Inn", 3)}, "trains": {"T1": train},
                 "attractions": {}, "flights": {}},
                [order("4T1", "H1", ["H1R1"]), order("4T2", "T1", ["T1A"])], user="U4")
