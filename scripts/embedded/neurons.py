"""The paper's language neurons (design.md, section 2) for a small model, in numpy."""

import numpy as np

MOST_LAMBDA, LAMBDA_STEP, BAR = 0.2, 1e-3, 0.95


def scores(p: np.ndarray, penalty: float) -> np.ndarray:
    """Normalised entropy less the penalised maximum; p is [neurons, languages]."""
    languages = p.shape[1]
    total = p.sum(1, keepdims=True)
    share = np.where(total > 0, p / np.where(total > 0, total, 1), 1 / languages)
    entropy = -(share * np.log(np.maximum(share, 1e-12))).sum(1) / np.log(languages)
    harmonic = sum(1 / k for k in range(1, languages + 1))
    return entropy - penalty * p.max(1) / (harmonic / languages)


def threshold(p: np.ndarray) -> float:
    return float(np.sort(p, axis=None)[round(p.size * BAR) - 1])


def select(p: np.ndarray, top_rate: float, penalty: float) -> np.ndarray:
    return np.argsort(scores(p, penalty), kind="stable")[: round(len(p) * top_rate)]


def sweep(p: np.ndarray, top_rate: float) -> float:
    """The largest penalty that selects no neuron that is high in every language."""
    everywhere = (p > threshold(p)).all(1)

    def clean(penalty: float) -> bool:
        return not everywhere[select(p, top_rate, penalty)].any()

    low, high = 0.0, MOST_LAMBDA
    if clean(high) or not clean(low):
        return high if clean(high) else low
    while high - low > LAMBDA_STEP:
        middle = (low + high) / 2
        low, high = (middle, high) if clean(middle) else (low, middle)
    return low


def language_neurons(p: np.ndarray, top_rate: float) -> tuple[list[np.ndarray], dict]:
    """For each language its specific and related neurons (flat indices), and the parameters."""
    penalty, bar = sweep(p, top_rate), threshold(p)
    chosen = select(p, top_rate, penalty)
    high = p[chosen] > bar
    count = high.sum(1)
    usable = (count >= 1) & (count < p.shape[1])
    found = [np.sort(chosen[usable & high[:, k]]) for k in range(p.shape[1])]
    return found, {
        "lambda": penalty, "tau": bar, "selected": len(chosen),
        "selected by number of languages 0..l": np.bincount(count, minlength=p.shape[1] + 1).tolist(),
    }


def random_like(neurons: np.ndarray, width: int, generator: np.random.Generator) -> np.ndarray:
    """As many neurons of the same layers, none of them the given ones."""
    drawn = []
    for layer in np.unique(neurons // width):
        taken = neurons[neurons // width == layer]
        free = np.setdiff1d(np.arange(layer * width, (layer + 1) * width), taken)
        drawn.append(generator.choice(free, min(len(taken), len(free)), replace=False))
    return np.concatenate(drawn) if drawn else neurons
