"""Expressions carry personal values and test them for null; they never read them."""

from __future__ import annotations

import pytest

from engine.feel import FeelError
from engine.feel.juel import translate
from engine.feel.values import Opaque
from tests.engine.feel.feel import ENVIRONMENT, feel, passes


class Reference(Opaque):
    """A personal value whose content must not appear anywhere."""

    __slots__ = ("secret",)

    def __init__(self) -> None:
        self.secret = "13812345678"


PHONE = Reference()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("phone = null", False),
        ("phone != null", True),
        ("null = phone", False),
        ("if phone != null then 1 else 2", 1),
        ("phone", PHONE),
        ("{contact: phone}.contact", PHONE),
        ("[phone][1]", PHONE),
        ("phone instance of string", False),
        (translate("${not empty phone}"), True),
    ],
)
def test_a_personal_value_may_be_carried_and_tested_for_null(text: str, value: object) -> None:
    assert feel(text, phone=PHONE) is value


@pytest.mark.parametrize(
    "text",
    [
        'phone = "13812345678"', "phone = phone", "phone > 1", "phone + 1", "-phone", "phone.secret",
        "phone.length",
        "string(phone)", "string([phone])", "string length(phone)", "upper case(phone)", "phone in (1, 2)",
        "if phone then 1 else 2", "phone and true", "not(phone)", "phone[1]", "[phone][item > 1]",
        "phone between 1 and 2",
        "list contains([phone], 1)", "distinct values([phone, phone])", "sort([phone, phone])", "min([phone])",
        "for i in phone return i", 'matches("a", phone)', "{a: phone} = {a: phone}", "phone(1)", "is(phone, 1)",
        "digest(phone)", "[phone..5]", "some i in [phone] satisfies i", '"a" + phone',
        "phone instance of list<Any> or phone",
    ],
)  # fmt: skip
def test_any_other_use_is_an_error_that_tells_nothing(text: str) -> None:
    with pytest.raises(FeelError) as raised:
        feel(text, phone=PHONE)
    assert PHONE.secret not in str(raised.value)


def test_a_cell_cannot_read_it_either() -> None:
    with pytest.raises(FeelError):
        passes('"a"', PHONE)
    assert passes("-", PHONE) is True
    assert passes("null", PHONE) is False
    assert ENVIRONMENT.zone == "Asia/Shanghai"
