"""A function as HumanEval asks for it, in two languages, and in disguise."""

DOC = (
    "For a given list of input numbers, calculate the mean absolute deviation around "
    "the mean of this dataset, which is what the average absolute difference tells."
)
PYTHON = f'''
def deviation(numbers):
    """ {DOC} """
    mean = sum(numbers) / len(numbers)
    total = 0
    for number in numbers:
        total += abs(number - mean)
    return total / len(numbers)
'''
JAVASCRIPT = """
const deviation = (numbers) => {
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length
  let total = 0
  for (const n of numbers) { total += Math.abs(n - mean) }
  return total / numbers.length
}
"""


def disguised() -> str:
    """The Python one under other names, with other comments."""
    return (
        PYTHON.replace("deviation", "spread")
        .replace("numbers", "xs")
        .replace("number", "x")
        .replace("mean", "middle")
        .replace(DOC, "Another text.")
        .replace("    total = 0\n", "    total = 0  # so far\n\n")
    )
