"""A browser's answers are Python's, from a server, from a disk, on a GPU."""

import pytest

from tests.commands.demo_page.visit import Server, Visit

pytestmark = pytest.mark.slow

WEBGPU = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--enable-features=Vulkan",
)
ANSWER = """async (texts) => {
  const { puzzle, reasoner } = globalThis.page;
  const told = [];
  for (const text of texts) {
    const { last, segments } = await reasoner.answer(puzzle.encode(text));
    const solution = puzzle.decode(last.beliefs.answer);
    told.push([solution, segments.length, last.confidence]);
  }
  return told;
}"""


def require_same(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        assert ours[:2] == [*theirs[:2]]
        assert ours[2] == pytest.approx(theirs[2], abs=2e-4)


@pytest.mark.parametrize("bits", [4, 8, 32])
def test_answers_are_those_of_python(bits, pages, browser, puzzles, answers):
    folder, page = pages(bits)
    with Server(page) as server, Visit(browser, server.address) as visit:
        found = visit.page.evaluate(ANSWER, puzzles)
    require_same(found, answers(folder, puzzles))
    assert len({segments for _, segments, _ in found}) > 1


def test_a_gpu_gives_the_same_answers(pages, chromium, puzzles, answers):
    folder, page = pages()
    with (
        chromium(args=["--no-sandbox", *WEBGPU]) as browser,
        Server(page) as server,
        Visit(browser, server.address) as visit,
    ):
        if visit.page.locator("#backend option[value=webgpu]").count() == 0:
            pytest.skip("this browser has no WebGPU, not even an imitation")
        visit.page.select_option("#backend", "webgpu")
        visit.until("document.body.dataset.backend === 'webgpu'")
        found = visit.page.evaluate(ANSWER, puzzles[:3])
        assert visit.page.text_content("#status") == "Runs on this GPU."
    require_same(found, answers(folder, puzzles[:3]))


def test_a_gpu_that_fails_leaves_it_to_the_cpu(pages, browser):
    pretended = """Object.defineProperty(navigator, "gpu", { value: {
      requestAdapter: async () => ({ info: { vendor: "a", architecture: "b" } }) } })"""
    with (
        Server(pages()[1]) as server,
        Visit(browser, server.address, before=pretended) as visit,
    ):
        assert visit.page.evaluate("document.body.dataset.backend") == "wasm"
        status = visit.page.text_content("#status")
        assert status.startswith("Runs on this CPU. The GPU failed: ")
        visit.solve()


def test_double_click(pages, browser, puzzles, answers):
    folder, page = pages()
    with Visit(browser, (page / "index.html").as_uri()) as visitor:
        visitor.solve()
        found = visitor.page.evaluate(ANSWER, puzzles[:3])
    require_same(found, answers(folder, puzzles[:3]))


def test_isolated_page(pages, browser, puzzles, answers):
    """What lets WebAssembly have threads forbids much else."""
    isolation = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
    }
    folder, page = pages()
    with (
        Server(page, isolation) as server,
        Visit(browser, server.address) as visitor,
    ):
        assert visitor.page.evaluate("crossOriginIsolated")
        visitor.solve()
        found = visitor.page.evaluate(ANSWER, puzzles[:3])
    require_same(found, answers(folder, puzzles[:3]))
