"""The picture of an archive of settings."""

from eval import evolution


def test_the_picture_names_the_settings_that_are_taken():
    """Of equally good ones it is not always the first."""
    figure = evolution.evolution([0.25, 0.5, 0.5], [None, 0, 1], 2, 60)
    told = [text.get_text() for text in figure.texts]
    assert any("Settings number 2: 50.0% instead of 25.0%" in one for one in told)
    (axes,) = figure.axes
    last = axes.lines[-1]
    assert (list(last.get_xdata()), list(last.get_ydata())) == ([2], [0.5])
