"""The console reads globs as the control API does, of the characters that globs may have."""

import random

from localstack_outages.schema.globs import compile_glob

WRITTEN = ["us-*", "*-1", "[ab]*", "[!ab]?", "[]a]", "[!]a]", "[a", "[b-a]", "[a-c]", "[--b]", "]"]
COUNT = 20_000


def test_globs_match_the_same_names(page) -> None:
    """Whatever the pattern, glob.js finds that a name matches exactly when the extension does."""
    chance = random.Random(7)
    pairs = [
        (
            "".join(chance.choices("abC9-*?[]!_.", k=chance.randint(1, 6))),
            "".join(chance.choices("abC9-]._", k=chance.randint(0, 4))),
        )
        for _ in range(COUNT)
    ]
    pairs += [
        (pattern, name) for pattern in WRITTEN for name in ("us-east-1", "a", "b", "]", "-", "ba")
    ]
    expected = [compile_glob(pattern)(name) for pattern, name in pairs]

    found = page.evaluate(
        """async (pairs) => {
            const { matches } = await import("/console/glob.js");
            return pairs.map(([pattern, name]) => matches(pattern, name));
        }""",
        pairs,
    )

    differing = [pair for pair, a, b in zip(pairs, expected, found, strict=True) if a is not b]
    assert [] == differing
    assert 0 < sum(expected) < len(expected)
