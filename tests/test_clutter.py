"""What belongs to the screen is set aside; nothing that a job asks for, offers or is called ever is."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ocr.clutter import set_aside
from core.ocr.transcript import Clutter, Line, Paragraph, Point, Quad

WIDTH, HEIGHT = 1000, 2000
BODY = (
    "高级数据分析师",
    "20-35K·14薪",
    "上海·浦东新区",
    "岗位职责：",
    "1、负责增长业务线的数据指标体系建设；",
    "2、与数仓团队协作，完善埋点规范；",
    "任职要求：",
    "1、3年以上互联网数据分析经验；",
    "2、熟悉 Hive / Spark，沟通能力强。",
)


def turned(box: Quad, degrees: float, about: Point = (0, 0)) -> Quad:
    import cmath
    import math

    turn = cmath.exp(1j * math.radians(degrees))

    def point(x: float, y: float) -> Point:
        moved = complex(x - about[0], y - about[1]) * turn + complex(*about)
        return moved.real, moved.imag

    a, b, c, d = (point(x, y) for x, y in box)
    return a, b, c, d


def paragraph(
    text: str, top: float, left: float = 50, size: float = 40, tilt: float = 0, right: float | None = None
) -> Paragraph:
    """One printed line; `tilt` in degrees about its own upper left corner."""
    right = right or left + size * sum(1 if ord(c) > 0x2E80 else 0.5 for c in text)
    box: Quad = ((left, top), (right, top), (right, top + size), (left, top + size))
    line = Line(text=text, boxes=(turned(box, tilt, (left, top)),), confidence=0.99)
    return Paragraph(text=text, lines=(line,))


def centred(text: str, top: float, size: float = 40) -> Paragraph:
    wide = size * sum(1 if ord(c) > 0x2E80 else 0.5 for c in text)
    return paragraph(text, top, (WIDTH - wide) / 2, size)


def below(top: float, texts: Sequence[str] = BODY) -> list[Paragraph]:
    return [paragraph(text, top + 80 * row) for row, text in enumerate(texts)]


def without_places(*texts: str) -> list[Paragraph]:
    return [Paragraph(text=t, lines=(Line(text=t, boxes=(), confidence=0.99),)) for t in texts]


def lines_of(block: str) -> list[str]:
    return block.strip().splitlines()


def found(paragraphs: Sequence[Paragraph]) -> dict[str, Clutter]:
    return {p.text: p.clutter for p in set_aside(paragraphs, WIDTH, HEIGHT) if p.clutter}


# --- certain without a place ----------------------------------------------------------------------------------


CERTAIN: dict[Clutter, str] = {
    "status_bar": """
21:07 5G 42%
10:28 LTE 64%
9:41 令 5G 87%
中国移动 9:41 87%
下午3:15 WiFi 5G 66%
9:41 5G 87
""",
    "button": """
立即沟通
继续沟通
投递简历
收藏
分享 举报
☆ 收藏
+关注
查看更多 >
展开全部 ∨
微信扫码分享
阅读原文
在看 128
赞 1.2万 在看 写留言
微信扫一扫关注该公众号
向下滑动看下一个
登录后查看更多信息
收藏 投递简历 立即沟通
Easy Apply
Apply now
APPLY NOW
Save
Share
Apply Save
Save  Share
Report this job
Save Report
...see more
See who Northwind Commerce has hired for this role
Show 12 more jobs
+ Follow
Show more ⌄
""",
    "navigation": """
打开APP查看
登录/注册
首页 > 北京招聘 > 产品经理招聘
Home > Jobs > Engineering
Accept all cookies
We use cookies to give you the best experience. By clicking Accept you agree to our use of cookies.
本网站使用 Cookie 来改善您的体验。
""",
    "chat": """
昨天 21:07
昨天晚上 9:05
Yesterday 9:07 PM
按住 说话
对方正在输入...
以上是打招呼的内容
你撤回了一条消息
“王女士”撤回了一条消息
Type a message
iMessage
""",
    "watermark": """
仅供内部招聘使用
本资料仅供云栖智联面试使用，他用无效
内部资料 请勿外传
严禁外传
For internal use only
Do not copy or distribute
""",
}


@pytest.mark.parametrize(("kind", "text"), [(kind, t) for kind, texts in CERTAIN.items() for t in lines_of(texts)])
def test_what_is_certain_needs_no_place(kind: Clutter, text: str) -> None:
    assert found(without_places(*BODY, text, *BODY)) == {text: kind}


# What buttons and bars are called, in what a job says; then the head of a posting, and what job sites say about it.
CONTENT = lines_of("""
Save 30% of cloud cost
Save costs
Share knowledge with the team
沟通能力强
沟通
乐于分享
分享你的知识
有收藏爱好者优先
负责内容的点赞、收藏、分享；
1、分享
• 分享
- Share
投递简历：hr@acme.com
请投递简历至 hr@acme.com
Apply
Apply by sending your CV to jobs@acme.com
How to apply
Apply statistical methods
Follow safety procedures
Report to the CFO
Report
Print
Message queues
Message
登录系统查看数据报表
职位详情
职位描述
职位信息
岗位职责
公司介绍
公司
招聘详情
首页设计经验
搜索
推荐
搜索 推荐 广告
消息队列
Home office
Home
Jobs
Search
Search Learning
Job details
About the job
Learning
Profile
Community
Node.js
ASP.NET
Node.js Vue.js
www.acme.com
https://acme.com/careers
acme.com
Home / Hospice care
5G 通信经验
5G
5G LTE WiFi
10:00-19:00 工作时间
10:00-19:00
9:00 - 18:00
9:00~18:00
9:00 18:00
09:30-18:30（双休）
8:30 双休
9:00 上班
100%
30%
Travel 25%
每天 8 小时
周一 9:00
Monday 9:00
2025-03-18 10:26
发布于 2025-03-18 10:26
已读
Read
仅供参考
仅限应届毕业生
Confidential
Company: Confidential
小红书
BOSS直聘
LinkedIn
内部资料管理员
20-35K·14薪
15K
8000
8000-12000元/月
$165,000/yr - $210,000/yr
面议
Full-time
Full-time Easy Apply
S$8,500 - S$11,000/mo Full-time Easy Apply
全职
北京
上海·浦东新区·张江 3-5年 本科
Seattle, WA (Hybrid)
Remote
王女士 刚刚活跃
刚刚活跃
3日内活跃
云栖智联科技·HRBP
Over 200 applicants
Reposted 3 days ago
182,450 followers
1,001-5,000 employees
D轮及以上
C++
""")


@pytest.mark.parametrize("text", CONTENT)
def test_content_is_kept_wherever_it_stands_in_the_text(text: str) -> None:
    assert found(without_places(text)) == {}
    assert found(without_places(*BODY[:5], text, *BODY[5:])) == {}
    inside = [*below(100, BODY[:5]), paragraph(text, 500), *below(580, BODY[5:])]
    assert found(inside) == {}


@pytest.mark.parametrize("text", CONTENT)
def test_content_is_kept_at_the_top_and_the_bottom_of_a_picture_that_is_no_screen(text: str) -> None:
    assert found([paragraph(text, 20), *below(100)]) == {}
    assert found([*below(100), paragraph(text, 1000)]) == {}


@pytest.mark.parametrize("text", ["share", "save", "report this job", "follow", "see more"])
def test_a_small_letter_is_a_word_that_a_wrapped_line_left_over(text: str) -> None:
    assert found(without_places("Own growth of our market", text)) == {}


def test_a_han_word_that_a_wrapped_line_left_over_goes_back_to_it() -> None:
    wrapped = paragraph("3、思路清晰，有良好的团队合作精神，热爱学习，并且乐于", 500, right=940)
    full = paragraph("1、负责增长业务线的数据指标体系建设，定期输出日报、周报及", 300, right=950)
    assert found([*below(0, BODY[:3]), full, wrapped, paragraph("分享", 560)]) == {}
    ended = paragraph("3、思路清晰，有良好的团队合作精神，热爱学习，并且乐于分享。", 500, right=940)
    assert found([*below(0, BODY[:3]), full, ended, paragraph("分享", 560)]) == {"分享": "button"}
    assert found([*below(0, BODY[:3]), full, wrapped, centred("分享", 700)]) == {"分享": "button"}


# --- the edges of a screen ------------------------------------------------------------------------------------


def test_a_screen_of_a_phone() -> None:
    screen = [
        paragraph("9:41", 20),
        paragraph("5G 87%", 20, 820),
        centred("职位详情", 110),
        *below(200),
        paragraph("收藏", 1900),
        paragraph("立即沟通", 1900, 500),
    ]
    assert found(screen) == {
        "9:41": "status_bar",
        "5G 87%": "status_bar",
        "职位详情": "navigation",
        "收藏": "button",
        "立即沟通": "button",
    }


@pytest.mark.parametrize(
    ("bars", "kind"),
    [
        (["< 职位详情"], "navigation"),
        (["< 职位详情 分享"], "navigation"),
        (["9:41", "Jobs Share"], "navigation"),
        (["10:28 LTE 64%", "Jobs"], "navigation"),
        (["首页 职位 公司 校园 简历 消息"], "navigation"),
        (["BOSS直聘 首页 职位 公司 校园 海归 APP 有了 海外 登录/注册"], "navigation"),
        (["in Home My Network Jobs Messaging Notifications Me"], "navigation"),
        (["https://www.zhipin.com/job_detail/1a2b3c.html"], "navigation"),
        (["← → zhipin.com/job_detail/1a2b3c.html"], "navigation"),
        (["9:41", "careers.acme.com/jobs/123"], "navigation"),
        (["9:41", "X", "Job details ..."], "navigation"),
    ],
)
def test_the_bars_at_the_top(bars: list[str], kind: Clutter) -> None:
    marks = found([*below(20, bars), *below(20 + 80 * len(bars))])
    assert list(marks) == bars
    assert marks[bars[-1]] == kind


@pytest.mark.parametrize(
    "bar",
    [
        "首页 消息 我的",
        "职位 有了 消息 我的",
        "微信 通讯录 发现 我",
        "Home My Network Post Notifications Jobs",
        "Home Jobs Me",
    ],
)
def test_the_tab_bar_at_the_bottom(bar: str) -> None:
    assert found([*below(100), paragraph(bar, 1900)]) == {bar: "navigation"}
    assert found([*below(100, BODY[:5]), paragraph(bar, 500), *below(600, BODY[5:])]) == {}
    apart = [paragraph(name, 1900, 100 + 200 * i, 30) for i, name in enumerate(bar.split())]
    if "My Network" not in bar:
        assert found([*below(100), *apart]) == dict.fromkeys(bar.split(), "navigation")


def test_a_heading_that_is_also_the_name_of_a_bar_is_kept_below_the_title() -> None:
    screen = [paragraph("9:41 5G 87%", 20), *below(110, BODY[:3]), paragraph("职位详情", 400), *below(480, BODY[3:])]
    assert found(screen) == {"9:41 5G 87%": "status_bar"}


def test_every_screen_of_a_long_picture_has_its_own_edges() -> None:
    one = [paragraph("9:41 5G 87%", 20), *below(110), paragraph("首页 消息 我的", 900)]
    two = [
        paragraph("10:28 LTE 64%", 1000),
        paragraph("Jobs Share", 1080),
        *below(1160, ["HR Partner", "Requirements"]),
    ]
    assert found([*one, *two]) == {
        "9:41 5G 87%": "status_bar",
        "首页 消息 我的": "navigation",
        "10:28 LTE 64%": "status_bar",
        "Jobs Share": "navigation",
    }


@pytest.mark.parametrize("tilt", [-6, -2, 3, 6])
def test_a_tilted_picture_has_the_same_edges(tilt: float) -> None:
    screen = [
        paragraph("9:41", 20),
        paragraph("5G 87%", 20, 820),
        *below(110),
        paragraph("收藏", 900),
        paragraph("沟通", 900, 820),
    ]
    tilted = [
        p.model_copy(update={"lines": (p.lines[0].model_copy(update={"boxes": (turned(p.lines[0].boxes[0], tilt),)}),)})
        for p in screen
    ]
    assert set(found(tilted)) == {"9:41", "5G 87%", "收藏", "沟通"}


def test_half_a_bar_lifted_out_of_its_row_by_perspective() -> None:
    assert set(found([paragraph("5G 42%", 20, 820), paragraph("21:07", 62), *below(130)])) == {"5G 42%", "21:07"}


def test_what_counts_beside_others_counts_in_their_row_alone() -> None:
    row = [paragraph("Apply", 300), paragraph("Save", 300, 400)]
    assert found([*below(0, BODY[:3]), *row, *below(400)]) == {"Apply": "button", "Save": "button"}
    apart = [paragraph("Apply", 300), paragraph("Save", 700, 400)]
    assert found([*below(0, BODY[:3]), apart[0], *below(380, BODY[3:6]), apart[1]]) == {"Save": "button"}
    salary = [paragraph("15K", 300), paragraph("收藏", 300, 800)]
    assert found([*below(0, BODY[:3]), *salary, *below(400)]) == {"收藏": "button"}


# --- chats ----------------------------------------------------------------------------------------------------


def test_a_chat() -> None:
    chat = [
        centred("昨天 21:07", 100, 28),
        paragraph("王女士 HR", 160, 120, 26),
        paragraph("我们在招高级数据分析师，20-35K", 200, 120),
        centred("3月18日 10:26", 300, 28),
        paragraph("王女士 HR", 360, 120, 26),
        *below(400),
        paragraph("送达", 1200, 800, 26),
        centred("按住 说话", 1900),
    ]
    marks = found(chat)
    assert marks == dict.fromkeys(["昨天 21:07", "王女士 HR", "3月18日 10:26", "送达", "按住 说话"], "chat")


def test_headings_that_a_chat_repeats_are_no_senders() -> None:
    chat = [centred("昨天 21:07", 20, 28), *below(100), *below(900)]
    assert found(chat) == {"昨天 21:07": "chat"}


def test_times_in_the_middle_of_rows_make_a_chat_and_times_at_its_edge_do_not() -> None:
    stamps = ["10:26", "14:05", "周二 9:30"]
    middle = [p for row, s in enumerate(stamps) for p in (*below(300 * row, BODY[3:5]), centred(s, 300 * row + 200))]
    assert found(middle) == dict.fromkeys(stamps, "chat")
    left = [p for row, s in enumerate(stamps) for p in (*below(300 * row, BODY[3:5]), paragraph(s, 300 * row + 200))]
    assert found(left) == {}


# --- watermarks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tilt", [-30, 20, 45])
def test_text_aslant_that_repeats_itself_is_a_watermark(tilt: float) -> None:
    texts = ["云栖智联 王小明 8821", "云栖智联 王小明 882", "栖智联 王小明 8821"]
    marks = [paragraph(text, 200 + 300 * i, 100 + 150 * i, 30, tilt) for i, text in enumerate(texts)]
    assert found([*below(50), *marks]) == dict.fromkeys(texts, "watermark")


def test_watermarks_beside_each_other_are_one_line_and_still_watermarks() -> None:
    row = paragraph("云栖智联 云栖智联", 400, 100, 30, -25)
    assert found([*below(50), row]) == {"云栖智联 云栖智联": "watermark"}


def test_one_line_aslant_is_a_slogan_and_vertical_text_is_text() -> None:
    assert found([*below(50), paragraph("急聘店长 8000元起", 400, tilt=-25)]) == {}
    assert found([*below(50), *(paragraph("急聘店长 急聘", 300, 700 + 90 * i, tilt=90) for i in range(2))]) == {}
    assert found([*below(50), paragraph("CONFIDENTIAL", 400, tilt=-30)]) == {"CONFIDENTIAL": "watermark"}


def test_upright_text_scattered_between_the_columns_is_a_watermark() -> None:
    places = [(75, 130), (75, 560), (410, 330), (410, 710)]
    marks = [paragraph("云栖内网", top + 57, left + 37, 22) for left, top in places]
    assert found([*below(20), *marks]) == {"云栖内网": "watermark"}


def test_repeated_tags_of_a_list_are_no_watermark() -> None:
    cards = [p for i in range(4) for p in (paragraph(f"职位{i}", 100 + 300 * i), paragraph("五险一金", 180 + 300 * i))]
    cards += [
        p
        for i in range(4)
        for p in (paragraph(f"岗{i}", 100 + 300 * i, 600), paragraph("五险一金", 180 + 300 * i, 600))
    ]
    assert found(cards) == {}


def test_the_name_of_a_site_is_a_watermark_in_the_lower_right_corner_only() -> None:
    for text in ("小红书", "知乎 @职场小王", "小红书号：94877123"):
        assert found([*below(50), paragraph(text, 1900, 750, 30)]) == {text: "watermark"}
        assert found([paragraph(text, 20), *below(100)]) == {}
        assert found([*below(50), paragraph(text, 900, 750, 30), *below(1000)]) == {}


# --- real pictures --------------------------------------------------------------------------------------------


def test_a_real_screenshot_is_read_without_its_bars_buttons_and_watermarks() -> None:
    from PIL import Image, ImageDraw

    from core.ocr import read
    from core.ocr.rapid import RapidEngine
    from tests.support.pictures import ZH_JOB, draw_text, font, picture

    body = picture(ZH_JOB)
    image = Image.new("RGB", (1080, body.height + 860), "white")
    image.paste(body, (0, 260))
    bars = [((48, 40), "9:41"), ((860, 40), "5G 87%"), ((48, 150), "<"), ((460, 145), "职位详情"), ((900, 150), "分享")]
    tabs = [((120 + 300 * i, image.height - 90), name) for i, name in enumerate(["首页", "消息", "我的"])]
    for place, text in [*bars, *tabs]:
        draw_text(image, place, text, 36, "black")
    ImageDraw.Draw(image).rounded_rectangle((48, image.height - 240, 1032, image.height - 130), 55, fill="#00bebd")
    draw_text(image, (460, image.height - 210), "立即沟通", 40, "white")
    mark = Image.new("RGBA", (420, 70))
    ImageDraw.Draw(mark).text((10, 10), "云栖智联 王小明", fill=(90, 90, 90, 255), font=font(36))
    mark = mark.rotate(25, expand=True)
    for place in ((60, body.height + 290), (580, body.height + 310)):
        image.paste(mark, place, mark)

    transcript = read(image, RapidEngine())
    kept = "".join(p.text for p in transcript.paragraphs if p.clutter is None)
    aside = {(p.clutter, p.text.replace(" ", "")) for p in transcript.paragraphs if p.clutter}
    assert {kind for kind, _ in aside} == {"status_bar", "navigation", "button", "watermark"}
    assert "职位详情" not in kept
    assert not any(text in kept for text in ("9:41", "87%", "分享", "首页", "消息", "我的", "立即沟通"))
    assert kept.startswith("高级数据分析师岗位职责1、负责增长业务线")
    assert kept.endswith("跨部门沟通能力。")


# --- whatever a picture holds ---------------------------------------------------------------------------------

WORDS = [
    *CONTENT,
    *BODY,
    "立即沟通",
    "Save",
    "9:41",
    "5G 87%",
    "昨天 21:07",
    "按住 说话",
    "首页 消息 我的",
    "<",
    "仅供内部使用",
    "İ",
]
TEXTS = st.one_of(
    st.sampled_from(WORDS), st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
)
NUMBERS = st.floats(-3000, 3000, allow_nan=False)
PARAGRAPHS = st.one_of(
    st.builds(lambda text: without_places(text)[0], TEXTS),
    st.builds(
        paragraph,
        TEXTS,
        NUMBERS,
        NUMBERS,
        st.floats(0, 200),
        st.sampled_from([0, 0, 0, 5, 30, 90, -60]),
    ),
)


@settings(deadline=None)  # the first example reads the table
@given(st.lists(PARAGRAPHS, max_size=30))
def test_nothing_is_changed_but_the_mark(paragraphs: list[Paragraph]) -> None:
    marked = set_aside(paragraphs, WIDTH, HEIGHT)
    assert [(p.text, p.lines) for p in marked] == [(p.text, p.lines) for p in paragraphs]
    assert set_aside(paragraphs, WIDTH, HEIGHT) == marked
    assert set_aside(marked, WIDTH, HEIGHT) == marked


@given(
    st.lists(st.sampled_from(["立即沟通", "Save", "21:07 5G 42%", "昨天 21:07", "首页"]), min_size=100, max_size=150)
)
def test_a_long_paragraph_is_never_clutter(words: list[str]) -> None:
    text = " ".join(words)
    assert len(text) > 240
    assert found(without_places(text)) == {}
    assert found([paragraph(text, 10), paragraph(text, 500, tilt=30), paragraph(text, 900, tilt=30)]) == {}


def test_a_picture_full_of_marks_takes_no_time() -> None:
    import time

    hostile = [paragraph(f"水印{i * 7919 % 1000}号{'仅供' * (i % 9)}", i % 50 * 40, i, 30, 30) for i in range(1500)]
    hostile += [paragraph("展开" * 20 + "收", 10 + i, 10) for i in range(500)]
    start = time.perf_counter()
    set_aside(hostile, WIDTH, HEIGHT)
    assert time.perf_counter() - start < 10
