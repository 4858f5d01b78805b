"""Periods as resumes write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.offline.dates import Period, date_ranges, mentions, total_years

TODAY = date(2025, 6, 15)


def d(text: str) -> date:
    return TODAY if text == "today" else date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2019.03-至今", "2019-03-01", "today"),
        ("2019.03 至今", "2019-03-01", "today"),
        ("2015年9月—2018年6月", "2015-09-01", "2018-06-30"),
        ("2015年09月 至 2018年06月", "2015-09-01", "2018-06-30"),
        ("Mar 2019 – Present", "2019-03-01", "today"),
        ("March 2019 until now", "2019-03-01", "today"),
        ("03/2019 - 08/2021", "2019-03-01", "2021-08-31"),
        ("03/19 - 08/21", "2019-03-01", "2021-08-31"),
        ("2016 to 2020", "2016-07-01", "2020-06-30"),
        ("2012 - 03/2018", "2012-07-01", "2018-03-31"),
        ("Summer 2019", "2019-06-01", "2019-08-31"),
        ("2019年春季", "2019-03-01", "2019-05-31"),
        ("Q3 2022", "2022-07-01", "2022-09-30"),
        ("since 2021", "2021-07-01", "today"),
        ("自2021年3月起", "2021-03-01", "today"),
        ("2021年3月以来", "2021-03-01", "today"),
        ("2019/3~now", "2019-03-01", "today"),
        ("２０１９．０３－至今", "2019-03-01", "today"),
        ("2019.03-08", "2019-03-01", "2019-08-31"),
        ("2019年3月-8月", "2019-03-01", "2019-08-31"),
        ("Mar – Aug 2019", "2019-03-01", "2019-08-31"),
        ("2015-16", "2015-07-01", "2016-06-30"),
        ("201903-202108", "2019-03-01", "2021-08-31"),
        ("2019-03-15 – 2020-01-31", "2019-03-01", "2020-01-31"),
        ("15 March 2019 to 2 June 2020", "2019-03-01", "2020-06-30"),
        ("13/04/2019 - 20/05/2020", "2019-04-01", "2020-05-31"),
        ("'19 – '21", "2019-07-01", "2021-06-30"),
        ("Jan. 2020 — Current", "2020-01-01", "today"),
        ("2020 - 2020", "2020-01-01", "2020-12-31"),
        ("2025 - present", "2025-01-01", "today"),
        ("2024.09 - 2028.06", "2024-09-01", "today"),  # an end ahead is cut
    ],
)
def test_one_period(text, start, end):
    [period] = date_ranges(text, TODAY)
    assert (period.start, period.end) == (d(start), d(end))
    assert period.text == text


@pytest.mark.parametrize(
    "text",
    [
        "", "2020 – 2018", "1,200 - 2,000", "grew 2000 to 2400 orders", "in May 2020 we may", "7年经验",
        "2023年获奖", "+1 206 555 0147",
        "2030.01 - 2031.01", "$2019 - $2021", "3/4 - 5/6", "Marathon 2019",
    ],
)  # fmt: skip
def test_no_period(text):
    assert date_ranges(text, TODAY) == []


def test_periods_stand_where_they_say():
    text = "云栖（2021.03 - 至今），此前在星河 2018.07 - 2021.02"
    first, second = date_ranges(text, TODAY)
    assert (first.text, first.start_text, first.end_text) == ("2021.03 - 至今", "2021.03", "至今")
    assert second.text == "2018.07 - 2021.02"
    assert [text[p.offset : p.offset + len(p.text)] for p in (first, second)] == [first.text, second.text]


def test_mentions_are_single_dates():
    text = "PMP, issued May 2021, renewed 2024"
    assert [text[slice(*span)] for span in mentions(text, TODAY)] == ["May 2021", "2024"]


def period(start: str, end: str) -> Period:
    return Period(d(start), d(end), "")


def test_total_years_counts_overlaps_once():
    assert total_years([]) == 0.0
    assert total_years([period("2015-01-01", "2019-12-31")]) == 5.0
    assert total_years([period("2018-01-01", "2020-12-31"), period("2015-01-01", "2019-12-31")]) == 6.0
    assert total_years([period("2015-01-01", "2015-12-31"), period("2020-01-01", "2020-12-31")]) == 2.0
    assert total_years([period("2015-01-01", "2020-12-31"), period("2016-01-01", "2017-12-31")]) == 6.0


DAYS = st.dates(date(1980, 1, 1), date(2025, 1, 1))
PERIODS = st.lists(st.tuples(DAYS, DAYS).map(lambda pair: Period(min(pair), max(pair), "")), max_size=8)


@given(PERIODS)
def test_total_years_ignores_order_and_repetition(periods):
    assert total_years(periods) == total_years([*reversed(periods), *periods])


@given(PERIODS)
def test_total_years_lies_between_the_longest_and_the_sum(periods):
    singles = [total_years([p]) for p in periods]
    assert max(singles, default=0) <= total_years(periods) <= sum(singles) + 0.05 * len(singles) + 0.05


@given(st.integers(1960, 2024), st.integers(1, 12), st.integers(0, 30), st.integers(1, 12))
def test_months_written_are_months_read(year, month, more, last):
    end_year = min(year + more, 2024)
    if (end_year, last) < (year, month):
        last = month
    [found] = date_ranges(f"Acme Inc {year}.{month:02d} - {end_year}.{last:02d}, Berlin", TODAY)
    assert (found.start.year, found.start.month, found.end.year, found.end.month) == (year, month, end_year, last)


@given(st.text(alphabet="0123456789./-–~年月至今 ToPresentMarSummer'", max_size=60))
def test_anything_gives_sound_periods(text):
    for found in date_ranges(text, TODAY):
        assert found.start <= found.end <= TODAY
        assert text[found.offset :].startswith(found.text)


@pytest.mark.parametrize(
    ("text", "restates"),
    [
        ("Mar 2021 – now", True),
        ("2019年1月至今", True),
        ("2019 through 2021", True),
        ("2019.03－08", True),
        ("Summer 2019", True),
        ("since 2021", False),
        ("自2021年3月起", False),
    ],
)
def test_a_text_that_only_restates_its_ends(text, restates):
    [period] = date_ranges(text, TODAY)
    assert period.restates is restates
