#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""genregex.py COUNT: native rules with regular expressions as people write them for URLs.

Of a hundred, 40 name whole segments from the beginning on, 20 begin with a language, 15 look for
something anywhere, 10 have numbers in the path, 10 ignore case and 5 are odd (lookarounds,
backreferences, nested repetitions). Rule i answers with /to/i and what it captured. The same COUNT
gives the same rules on every machine.

Each rule has the word wI of its number in it, so that the request for rule I can be told without a
matcher: with --paths a path for each rule is printed instead, in the order of the rules.
"""

import random
import sys

WORDS = """about account archive article author blog board brand browse buy careers cart catalog category
checkout city client collection company contact content country course customer data department design
detail docs download editor edition email event faq feature feed file forum gallery game group guide help
history home hotel image index info item job journal kids landing legal library link list local login
magazine mail main manual map media member menu message mobile music network news newsletter note offer
office order page partner people photo place play podcast policy post press price privacy product profile
program project promo publication rating recipe region release report research resource result review room
sale school science search section service shop show sitemap solution special sport staff start station
status store story student study support survey tag team tech test theme ticket tool topic tour track
training travel trend user video view visit weather week welcome wiki work world year""".split()
LANGUAGES = "(en|de|fr)", "(?:en|de|fr|es|it)", "([a-z]{2})", "([a-z]{2}-[a-z]{2})"
EXTENSIONS = "php", "asp", "aspx", "html", "htm", "jsp", "cgi", "do"
TITLES = "([^/]+)", "([a-z0-9-]+)", "([A-Za-z0-9_-]+)", "([\\w-]+)"


class Rule:
    """One rule: the expression, whether it ignores case, and a path that it matches."""

    def __init__(self, text, path, nocase=False):
        self.text, self.path, self.nocase = text, path, nocase


def literal(rng, name):
    """^/literal/..., 40 of a hundred."""
    folder = "/".join(rng.choice(WORDS) for _ in range(rng.randint(1, 3)))
    kind = rng.randrange(6)
    if kind == 0:
        return Rule(f"^/{folder}/{name}$", f"/{folder}/{name}")
    if kind == 1:
        return Rule(f"^/{folder}/{name}/?$", f"/{folder}/{name}/")
    if kind == 2:
        return Rule(f"^/{folder}/{name}/(.*)$", f"/{folder}/{name}/x/y.html")
    if kind == 3:
        return Rule(f"^/{folder}/{name}(/.*)?$", f"/{folder}/{name}/x")
    if kind == 4:
        title = rng.choice(TITLES)
        return Rule(f"^/{folder}/{name}/{title}\\.html$", f"/{folder}/{name}/some-title.html")
    return Rule(f"^/{folder}/{name}-{rng.choice(TITLES)}/?$", f"/{folder}/{name}-some-title")


def language(rng, name):
    """^/(en|de|fr)/..., 20 of a hundred."""
    lang = rng.choice(LANGUAGES)
    start = "/en-us" if lang == LANGUAGES[3] else "/de"
    folder = rng.choice(WORDS)
    if rng.random() < 0.5:
        return Rule(f"^/{lang}/{folder}/{name}/(.*)$", f"{start}/{folder}/{name}/x")
    return Rule(f"^/{lang}/{folder}/{name}(?:/|$)", f"{start}/{folder}/{name}")


def anywhere(rng, name):
    """Tied to no beginning, 15 of a hundred."""
    word, extension = rng.choice(WORDS), rng.choice(EXTENSIONS)
    kind = rng.randrange(4)
    if kind == 0:
        return Rule(f"/{word}-{name}\\.{extension}$", f"/a/b/{word}-{name}.{extension}")
    if kind == 1:
        return Rule(f"/{name}/{word}/", f"/a/{name}/{word}/b")
    if kind == 2:
        return Rule(f"^.*/{word}/{name}/(.*)\\.{extension}$", f"/a/{word}/{name}/b.{extension}")
    return Rule(f"(.*)/{word}_{name}(/.*)?$", f"/a/b/{word}_{name}/c")


def numbers(rng, name):
    """Numbers in the path, 10 of a hundred."""
    word = rng.choice(WORDS)
    kind = rng.randrange(4)
    if kind == 0:
        return Rule(f"^/(\\d{{4}})/(\\d\\d)/{name}/?$", f"/2024/12/{name}/")
    if kind == 1:
        return Rule(f"^/{word}/([0-9]+)/{name}$", f"/{word}/4711/{name}")
    if kind == 2:
        return Rule(f"^/archive/([0-9]+)/{name}(/.*)?$", f"/archive/17/{name}/x")
    return Rule(f"^/{word}/{name}-(\\d+)\\.html?$", f"/{word}/{name}-4711.html")


def without_case(rng, name):
    """Ignoring case, 10 of a hundred."""
    rule = rng.choice((literal, language, anywhere))(rng, name.title())
    return Rule(rule.text, rule.path.swapcase(), True)


def odd(rng, name):
    """What is seen now and then, 5 of a hundred."""
    word = rng.choice(WORDS)
    kind = rng.randrange(6)
    if kind == 0:
        return Rule(f"^/(?!admin/){word}/{name}/(.+)$", f"/{word}/{name}/x")
    if kind == 1:
        return Rule(f"^/([a-z]+)/\\1/{name}$", f"/a/a/{name}")
    if kind == 2:
        return Rule(f"^/(?:{word}/)?{name}(?:/page/(\\d+))?/?$", f"/{name}/page/3/")
    if kind == 3:
        return Rule(f"^/{word}/(([a-z]+)-)*{name}$", f"/{word}/a-b-{name}")
    if kind == 4:
        return Rule(f"(?<!/static)/{name}\\.(?:png|jpe?g|gif)$", f"/a/{name}.jpg")
    return Rule(f"^/(?:{word}|{rng.choice(WORDS)}/{rng.choice(WORDS)})/{name}$", f"/{word}/{name}")


KINDS = ((literal, 40), (language, 20), (anywhere, 15), (numbers, 10), (without_case, 10), (odd, 5))


def rules(count):
    """The first `count` rules; a longer list begins as a shorter one does."""
    rng = random.Random(20260307)
    kinds, weights = zip(*KINDS)
    for number in range(count):
        yield rng.choices(kinds, weights)[0](rng, f"w{number}")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--paths"]
    if len(arguments) != 1 or not arguments[0].isdigit():
        sys.exit(__doc__.splitlines()[0])
    paths = "--paths" in sys.argv[1:]
    for number, rule in enumerate(rules(int(arguments[0]))):
        groups = "/$1" if "(" in rule.text.replace("(?", "").replace("\\(", "") else ""
        if paths:
            print(rule.path)
        else:
            print(f"~{'*' if rule.nocase else ''}{rule.text}  /to/{number}{groups}  301")


if __name__ == "__main__":
    main()
