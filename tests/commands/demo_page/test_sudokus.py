"""Clicking and typing through a page of Sudokus."""

import numpy as np
import pytest

from tests.commands.demo_page.visit import Server, Visit

pytestmark = pytest.mark.slow


def test_visitor_generates_and_solves(visit, pages, answers):
    with visit() as visitor:
        first = visitor.board
        visitor.page.click("#make")
        visitor.until(f"page.puzzle.decode(page.tokens) !== '{first}'")
        visitor.until("page.tokens.some((token) => token > 1)")
        ((solution, segments, confidence),) = answers(pages()[0], [visitor.board])
        kind = visitor.solve()
        assert visitor.shown == [*solution]
        right = "Right: every row, column and box holds each digit once."
        assert visitor.says.startswith(right if kind == "right" else "Wrong: ")
        assert f"after {segments} segment" in visitor.says
        assert f"{round(confidence * 100, 1):g} % sure" in visitor.says
        assert "It computed for " in visitor.says


def test_visitor_steps_back(visit):
    with visit() as visitor:
        page = visitor.page
        page.evaluate("page.page.halting.min_confidence = 2")  # it never halts
        visitor.solve()
        assert "never sure enough to halt: after 3 segments" in visitor.says
        assert page.locator(".bar.done").count() == 3
        told = page.locator(".told .fact")
        assert told.nth(0).text_content() == "Segment 3 of at most 3"
        assert "out of segments" in told.nth(1).text_content()
        assert page.is_disabled(".forth")
        page.click(".back")
        assert told.first.text_content() == "Segment 2 of at most 3"
        page.focus(".slider")
        page.keyboard.press("ArrowLeft")
        assert told.first.text_content() == "Segment 1 of at most 3"
        assert page.is_disabled(".back")
        for segment, forth in ((0, True), (1, True), (2, False)):
            answer = f"page.puzzle.decode(page.segments[{segment}].beliefs.answer)"
            assert visitor.shown == [*page.evaluate(answer)]
            assert "%" in page.text_content("#cell")
            if forth:
                page.click(".forth")


def test_visitor_types(visit):
    with visit() as visitor:
        page = visitor.page
        page.click("#clear")
        assert visitor.board == "." * 16
        page.locator("#board [tabindex='0']").focus()
        for key in ("1", "ArrowRight", "2", "ArrowDown", "3", "ArrowLeft", "5", "x"):
            page.keyboard.press(key)
        assert visitor.board == "12...3.........."
        page.keyboard.press("End")
        page.keyboard.press("4")
        page.keyboard.press("Backspace")
        page.keyboard.press("Home")
        page.keyboard.press("4")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert visitor.board == "12..43.........."
        label = page.evaluate("document.activeElement.ariaLabel")
        assert label == "row 1, column 1, clue 1"
        page.keyboard.press("Enter")
        assert visitor.says.startswith("This has more than one solution")


def test_tab_reaches_everything_by_name(visit):
    with visit() as visitor:
        visitor.page.evaluate("page.solve()")  # no click: Tab would go on from there
        visitor.until("page.segments.at(-1)?.halted")
        seen = []
        for _ in range(30):
            visitor.page.keyboard.press("Tab")
            seen.append(
                visitor.page.evaluate("""() => {
                  const { activeElement: e } = document;
                  const { outlineStyle, boxShadow } = getComputedStyle(e);
                  const label = e.labels?.[0]?.textContent;
                  const name = e.ariaLabel || label || e.textContent;
                  const seen = outlineStyle !== "none" || boxShadow !== "none";
                  return [e.id || e.className, name.trim(), seen];
                }""")
            )
        names = [name for name, _, _ in seen]
        # One stop for the whole board; then its keys, in their order.
        assert sum("cell" in name.split() for name in names[:12]) == 1
        order = [names.index(name) for name in ("key", "solve", "make", "backend")]
        assert order == sorted(order)
        assert all(name and visible for _, name, visible in seen[: order[-1] + 1])


def test_impossible_puzzle_is_refused(visit):
    with visit() as visitor:
        visitor.put("1.1" + "." * 13)
        assert visitor.says == "Row 1 holds 1 twice."
        assert visitor.page.locator(".clash").count() == 2
        for board, complaint in (
            ("1.1" + "." * 13, "This has no solution: row 1 holds 1 twice."),
            ("123." + "...4" + "." * 8, "This has no solution, though no digit stands"),
            ("." * 16, "This has more than one solution"),
        ):
            visitor.put(board)
            visitor.page.click("#solve")
            assert visitor.says.startswith(complaint)
            assert visitor.page.is_hidden("#timeline")
        before = visitor.board
        visitor.put("123")
        assert visitor.says == "What you pasted has 3 characters instead of 16."
        assert visitor.board == before


def test_wrong_answer_is_said_and_shown(visit):
    with visit() as visitor:
        visitor.put("123434122143....")
        # Whatever the model says, it comes out as this.
        visitor.page.evaluate("""() => {
          const run = page.reasoner.run;
          page.reasoner.run = async (inputs) => {
            const found = await run(inputs);
            const { data } = found.outputs.logits;
            data.fill(0);
            [..."1234341221434312"].forEach((d, cell) => (data[cell * 6 + 1 + +d] = 9));
            return found;
          };
        }""")
        assert visitor.solve() == "wrong"
        wrong = visitor.page.locator("#board .wrong")
        truth = visitor.page.evaluate("page.puzzle.decode(page.truth)")
        shown = "1234341221434312"
        assert truth == "1234341221434321"
        assert wrong.count() == 2
        assert "Wrong: column 3 holds 1 twice." in visitor.says
        assert "2 cells are wrong: row 4, column 3; row 4, column 4." in visitor.says
        assert visitor.shown == [*shown]  # the model's answer, not the solver's


def test_phone(pages, browser):
    phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
    with (
        Server(pages()[1]) as server,
        Visit(browser, server.address, is_mobile=True, **phone) as visitor,
    ):
        page = visitor.page
        page.tap("#clear")
        page.locator("#board .cell").nth(5).tap()
        page.locator("#controls .key").nth(2).tap()
        assert visitor.board == "....." + "3" + "." * 10
        page.locator("#controls .key").last.tap()
        assert visitor.board == "." * 16
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for key in page.locator("button:visible").all():
            box = key.bounding_box()
            assert box["width"] >= 44 and box["height"] >= 44, key.text_content()
        page.tap("#make")
        visitor.until("page.tokens.some((token) => token > 1)")
        visitor.solve()


def test_offline(visit):
    with visit() as visitor:
        visitor.context.set_offline(True)
        asked = len(visitor.requests)
        visitor.page.click("#make")
        visitor.until("page.tokens.some((token) => token > 1)")
        visitor.solve()
        new = [url for url in visitor.requests[asked:] if not url.startswith("blob:")]
        assert not new
        home = "http://127.0.0.1"
        assert all(url.startswith((home, "blob:", "data:")) for url in visitor.requests)


def test_colours_follow_the_visitor(pages, browser):
    with Server(pages()[1]) as server:
        shades = []
        for scheme in ("light", "dark"):
            with Visit(browser, server.address, color_scheme=scheme) as visitor:
                colour = "getComputedStyle(document.body).backgroundColor"
                numbers = visitor.page.evaluate(colour)
                shades.append(np.mean([int(x) for x in numbers[4:-1].split(",")]))
        assert shades[0] > 200 and shades[1] < 60


def test_visitor_stops_and_edits(visit):
    with visit() as visitor:
        page = visitor.page
        page.evaluate("page.page.halting.min_confidence = 2")  # it never halts
        page.click("#solve")
        visitor.until("page.segments.length === 1")
        assert page.text_content("#solve") == "Stop"
        page.click("#solve")
        assert visitor.says == "Stopped after 1 segment."
        assert page.locator(".bar.done").count() == 1
        assert page.text_content("#solve") == "Solve"
        visitor.solve()
        assert page.locator(".bar.done").count() == 3
        # Another clue is another puzzle: what was thought of this one is gone.
        page.evaluate("page.grid.focus(page.tokens.indexOf(1))")
        page.keyboard.press("1")
        assert page.is_hidden("#timeline")
        assert page.locator("#board .guess").count() == 0


def test_visitor_chooses_the_processor(visit):
    with visit() as visitor:
        options = visitor.page.locator("#backend option").all_text_contents()
        assert "CPU (WebAssembly)" in options
        assert "GPU: this browser has no WebGPU" in options
        visitor.page.evaluate("page.load('wasm'); page.load('wasm')")
        visitor.until("document.body.dataset.backend === 'wasm'")
        visitor.solve()
