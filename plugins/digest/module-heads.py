"""Writes `input/module-heads.json`, the heads of all modules of the host, and `expected/module-heads.json`, what must
come of them: counted anew from the words of the README, not by the code of the steps. Run it where it lies, then look
at the difference."""

import json
import math
import re
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def heads():
    """Each source of the host with the comment that it opens with."""
    for path in sorted((ROOT / "host").rglob("*.rs")):
        lines = path.read_text().splitlines()
        head = [line[3:].strip() for line in lines if line.startswith("//!")]
        if head:
            yield {"name": path.relative_to(ROOT).as_posix(), "text": "\n".join(head)}


def empty_words():
    """The words that the steps leave out."""
    source = (HERE.parent / "shared/search/src/words.rs").read_text()
    return set(re.search(r'EMPTY: &str = "(.*?)"', source, re.S)[1].replace("\\\n", " ").split())


def index(name, documents):
    empty = empty_words()
    words = {
        document["name"]: Counter(
            word
            for word in re.findall(r"[^\W_]+", document["text"].lower())
            if len(word) >= 3 and word not in empty
        )
        for document in documents
    }
    words = {name: counts for name, counts in words.items() if counts}
    having = Counter(word for counts in words.values() for word in counts)
    total = sum(words.values(), Counter())

    def key_words(counts):
        weight = {word: count * math.log(len(words) / having[word]) for word, count in counts.items()}
        return [word for word in sorted(weight, key=lambda word: (-weight[word], word)) if weight[word] > 0][:3]

    def term(word):
        places = sorted((-counts[word], place) for place, counts in words.items() if word in counts)
        most = [place for _, place in places[:3]]
        return {"word": word, "count": total[word], "documents": having[word], "most_in": most}

    return {
        "name": name,
        "documents": [
            {"name": place, "words": sum(counts.values()), "key_words": key_words(counts)}
            for place, counts in words.items()
        ],
        "terms": [term(word) for word in sorted(total, key=lambda word: (-total[word], word))[:20]],
        "left_out": [document["name"] for document in documents if document["name"] not in words],
    }


def write(folder, value):
    """With a line for each document and word."""
    lines = [
        f'  "{key}": [\n    ' + ",\n    ".join(json.dumps(one, ensure_ascii=False) for one in rest) + "\n  ]"
        if rest and isinstance(rest, list)
        else f'  "{key}": {json.dumps(rest)}'
        for key, rest in value.items()
    ]
    (HERE / folder / "module-heads.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    documents = list(heads())
    write("input", {"name": "module-heads", "documents": documents})
    write("expected", index("module-heads", documents))
    print(len(documents), "documents")
