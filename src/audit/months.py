"""The arithmetic of months."""


def following(month: str) -> str:
    """The month after one, as 2011-09."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def between(first: str, last: str) -> list[str]:
    """Every month from the first to the last."""
    found = [first]
    while found[-1] < last:
        found.append(following(found[-1]))
    return found
