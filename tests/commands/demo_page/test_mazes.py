"""Drawing mazes on a page of them."""

import pytest

import main
from tests.commands.demo_page.visit import Server, Visit

pytestmark = pytest.mark.slow

MAZE = {
    "train.steps": 2,
    "train.eval_every": 0,
    "data.num_train": 64,
    "data.num_test": 16,
    "data.num_validation": 0,
}


@pytest.fixture(scope="module")
def maze_run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("mazes") / "maze"
    fields = MAZE | {"data.directory": workdir.parent / "data"}
    words = [f"--config.{name}={value}" for name, value in fields.items()]
    preset = "--config=configs/maze_hard.py:tiny"
    assert main.main(["main.py", preset, f"--workdir={workdir}", *words]) == 0
    return workdir


def test_visitor_draws_a_maze(maze_run, pages, browser, answers):
    folder, page = pages(32, maze_run)
    with Server(page) as server, Visit(browser, server.address) as visitor:
        page = visitor.page
        page.click("#clear")
        cells = page.locator("#board .cell")
        assert visitor.board == "S" + " " * 34 + "G"

        def centre(cell):
            box = cells.nth(cell).bounding_box()
            return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

        def stroke(first, *others):
            cells.nth(first).scroll_into_view_if_needed()
            page.mouse.move(*centre(first))
            page.mouse.down()
            for cell in others:
                page.mouse.move(*centre(cell))
            page.mouse.up()

        stroke(6, 7, 8, 9, 10)
        assert visitor.board[6:12] == "##### "
        stroke(8)
        assert visitor.board[6:12] == "## ## "
        stroke(0, 1, 2)  # the start
        stroke(7, 2, 8)  # walls vanish; the start stays
        assert visitor.board[:12] == "  S   #  ## "
        cells.nth(35).click()
        for key in ("ArrowLeft", "g", "ArrowUp", " ", "ArrowLeft", "s", "#"):
            page.keyboard.press(key)
        board = visitor.board
        assert board[34] == "G" and board[28] == "#" and board[27] == "S"
        page.locator("#controls .key", has_text="Goal").click()
        stroke(0)
        assert visitor.board[0] == "G" and visitor.board.count("G") == 1
        visitor.solve()
        ((solution, segments, _),) = answers(folder, [visitor.board])
        answer = "page.puzzle.decode(page.segments.at(-1).beliefs.answer)"
        assert page.evaluate(answer) == solution
        assert page.locator(".bar.done").count() == segments
        visitor.put("S#" + "#" * 33 + "G")
        page.click("#solve")
        assert visitor.says == "This maze has no answer: no path leads from S to G."
