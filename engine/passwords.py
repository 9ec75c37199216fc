"""Which passwords are good enough for somebody who logs in here.

Length does most of the work; beyond it, only what is tried first is refused: the own id, the password of the
demonstration, and the commonest ones. Rules about kinds of characters make passwords worse (NIST SP 800-63B, 5.1.1.2).
"""

from __future__ import annotations

from engine.errors import InvalidRequest

LENGTH = range(10, 201)
DIFFERENT = 5
DEMO_PASSWORD = "marque-demo"  # noqa: S105 - public by design; it opens nothing outside demo mode

# The commonest of at least ten characters; shorter ones and repetitions of few characters fall to the other rules.
COMMONEST = frozenset(
    [
        "0123456789",
        "0987654321",
        "1029384756",
        "1234567890",
        "12345678900",
        "12345678910",
        "1234567891",
        "123456789a",
        "123456789q",
        "123456789z",
        "1234abcd5678",
        "123qweasdzxc",
        "1314520520",
        "1357924680",
        "147258369a",
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "5201314520",
        "9876543210",
        "a123456789",
        "a1b2c3d4e5",
        "aa123456789",
        "abc123456789",
        "abc1234567",
        "abcd123456",
        "abcd1234567",
        "abcdefghij",
        "administrator",
        "admin12345",
        "admin123456",
        "admin@12345",
        "asd123456789",
        "asdfghjkl1",
        "asdfghjkl;",
        "changeme123",
        "football123",
        "iloveyou123",
        "iloveyou520",
        "letmein1234",
        "liverpool123",
        "login123456",
        "marque1234",
        "marque12345",
        "marque2026",
        "p@ssw0rd123",
        "passw0rd123",
        "password01",
        "password10",
        "password11",
        "password12",
        "password123",
        "password1234",
        "password12345",
        "q123456789",
        "q1w2e3r4t5",
        "q1w2e3r4t5y6",
        "qazwsxedcrfv",
        "qwe123456789",
        "qwer123456",
        "qwert12345",
        "qwerty1234",
        "qwerty12345",
        "qwerty123456",
        "qwertyuiop",
        "qwertyuiop[]",
        "root123456",
        "secret1234",
        "sunshine123",
        "superman123",
        "test123456",
        "toyota1234",
        "trustno1234",
        "user123456",
        "wang123456",
        "welcome123",
        "welcome1234",
        "welcome12345",
        "woaini1314",
        "woaini1314520",
        "wodemima123",
        "wq123456789",
        "z123456789",
        "zhang123456",
        "zxc123456789",
        "zxcvbnm123",
        "zxcvbnm1234",
        "zxcvbnm123456",
        "zz123456789",
    ]
)


class PasswordRefused(InvalidRequest):
    """A new password is not good enough. `reason` is stable; the message is `en`, and `zh` says the same."""

    def __init__(self, reason: str, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = reason
        self.zh = zh


def require_good(user_id: str, password: str, *, demo: bool) -> None:
    """Raises PasswordRefused that names the rule a password breaks, and never the password."""
    least, most = LENGTH.start, LENGTH.stop - 1
    typed = password.casefold()
    if len(password) not in LENGTH:
        raise PasswordRefused(
            "length", zh=f"密码须有 {least} 至 {most} 个字符", en=f"a password has {least} to {most} characters"
        )
    if typed == user_id.casefold():
        raise PasswordRefused("userId", zh="密码不能与用户名相同", en="a password is not the id of its user")
    if len(set(typed)) < DIFFERENT:
        raise PasswordRefused(
            "repetition",
            zh=f"密码至少须有 {DIFFERENT} 个不同的字符",
            en=f"a password has at least {DIFFERENT} different characters",
        )
    if typed in COMMONEST:
        raise PasswordRefused(
            "common",
            zh="此密码属于最常见的密码，最先被人尝试；请另选",
            en="this password is one of the commonest and tried first; choose another",
        )
    if is_public(password, demo=demo):
        raise PasswordRefused(
            "public", zh="演示密码是公开的；请另选", en="the password of the demonstration is public; choose another"
        )


def is_public(password: str, *, demo: bool) -> bool:
    """Tells whether everybody knows a password: that of the demonstration, outside of it."""
    return not demo and password.casefold() == DEMO_PASSWORD
