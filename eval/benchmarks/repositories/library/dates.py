"""Days of the Gregorian calendar as (year, month, day)."""

MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year):
    """Whether a year has a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year, month):
    """The last day of a month; raises ValueError if there is no such month."""
    if month < 1 or month > 12:
        raise ValueError(f"no month {month}")
    if month == 2 and is_leap(year):
        return 29
    return MONTHS[month - 1]


def day_of_year(date):
    """The number of a day in its year, from 1."""
    year, month, day = date
    if day < 1 or day > days_in_month(year, month):
        raise ValueError(f"no day {day}")
    return sum(days_in_month(year, one) for one in range(1, month)) + day


def ordinal(date):
    """The number of a day since the first of January of the year 1, which is 1."""
    before = date[0] - 1
    leaps = before // 4 - before // 100 + before // 400
    return before * 365 + leaps + day_of_year(date)


def days_between(start, end):
    """The days from one date to another; negative if the second is earlier."""
    return ordinal(end) - ordinal(start)


def weekday(date):
    """The day of the week, Monday being 0."""
    return (ordinal(date) - 1) % 7


def add_months(date, months):
    """A date some months later, on the last day of a month that has no such day."""
    year, month, day = date
    total = year * 12 + (month - 1) + months
    year, month = total // 12, total % 12 + 1
    return year, month, min(day, days_in_month(year, month))


def add_workdays(date, days, holidays=()):
    """A date some workdays later: Saturdays, Sundays and holidays do not count."""
    while days > 0:
        date = next_day(date)
        if weekday(date) < 5 and date not in holidays:
            days -= 1
    return date


def next_day(date):
    """The day after a date."""
    year, month, day = date
    if day < days_in_month(year, month):
        return year, month, day + 1
    if month < 12:
        return year, month + 1, 1
    return year + 1, 1, 1
