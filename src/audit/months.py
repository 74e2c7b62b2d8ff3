"""The arithmetic of months."""


def find_next_month(month: str) -> str:
    """The month after one, as 2011-09."""
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def list_months(first: str, last: str) -> list[str]:
    """Every month from the first to the last."""
    months = [first]
    while months[-1] < last:
        months.append(find_next_month(months[-1]))
    return months
