"""Shapes plain text: lines, slugs, columns and counts."""


def wrap(text, width):
    """The words of a text in lines of at most `width`; longer words stand alone."""
    lines, line = [], ""
    for word in text.split():
        if not line:
            line = word
        elif len(line) + 1 + len(word) <= width:
            line += " " + word
        else:
            lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def slugify(title, limit=40):
    """A title as part of an address: small letters, digits and single hyphens."""
    slug = ""
    for letter in title.lower():
        if letter.isalnum():
            slug += letter
        elif slug and not slug.endswith("-"):
            slug += "-"
    return slug[:limit].strip("-")


def shorten(text, width, mark="..."):
    """A text that is too long, cut so that it ends with a mark and fits."""
    if len(text) <= width:
        return text
    if width < len(mark):
        return mark[:width]
    return text[: width - len(mark)].rstrip() + mark


def columns(rows, gap=2):
    """Rows of cells as lines, each column as wide as its widest cell."""
    widths = []
    for row in rows:
        for place, cell in enumerate(row):
            if place >= len(widths):
                widths.append(0)
            widths[place] = max(widths[place], len(cell))
    lines = []
    for row in rows:
        padded = ""
        for place, cell in enumerate(row):
            padded += cell.ljust(widths[place] + gap)
        lines.append(padded.rstrip())
    return lines


def count_words(text, counts=None):
    """How often each word comes, whatever its case and the marks around it."""
    if counts is None:
        counts = {}
    for word in text.lower().split():
        word = word.strip(".,;:!?\"'()")
        if not word:
            continue
        counts[word] = counts.get(word, 0) + 1
    return counts


def most_common(text, number=3):
    """The most common words, equally common ones by the alphabet."""
    counts = count_words(text)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return ranked[:number]


def common_prefix(words):
    """What all words begin with."""
    if not words:
        return ""
    first, last = min(words), max(words)
    size = 0
    while size < min(len(first), len(last)) and first[size] == last[size]:
        size += 1
    return first[:size]


def indent_of(line, tab=4):
    """How far a line is indented, a tab going on to the next stop."""
    depth = 0
    for letter in line:
        if letter == " ":
            depth += 1
        elif letter == "\t":
            depth = (depth // tab + 1) * tab
        else:
            return depth
    return 0
