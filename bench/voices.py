"""Voices told apart, for bench/diarization.py: what a stretch of speech sounds like as a vector, and stretches joined to speakers.

A voice's vector is made in one of two ways: `Cepstra` takes averages of mel cepstra (Davis and Mermelstein 1980) and of the pitch; `Encoder` runs the
weights of Resemblyzer, a GE2E speaker encoder (Wan et al. 2018, arXiv 1710.10467), of three LSTM layers. `Bayes` compares the distributions of cepstra by the
Bayesian information criterion (Chen and Gopalakrishnan 1998). Stretches are joined from the most alike on until a threshold ends it."""
import collections
import pickle
import struct

import numpy as np

RATE = 16000
STEP = 160          # samples: 10 ms a frame
WINDOW = 160        # frames: 1.6 s, what the encoder was trained on
HOP = 40
PAUSE_S = 0.5       # a longer one ends a stretch


def frames(samples, size=400):
    padded = np.pad(samples, size // 2)
    count = (len(padded) - size) // STEP + 1
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::STEP][:count]


def mel_bank(count, size, low_hz, high_hz, slaney):
    """Triangles over the bins of an FFT of `size`; Slaney's scale and area, or HTK's scale and height."""
    def to_mel(hertz):
        return np.where(hertz >= 1000, 15 + 27 * np.log(np.maximum(hertz, 1) / 1000) / np.log(6.4), hertz * 3 / 200) if slaney else 1127 * np.log1p(hertz / 700)

    fine = np.linspace(0, RATE / 2, 20001)
    edges = np.interp(np.linspace(*to_mel(np.array([low_hz, high_hz], float)), count + 2), to_mel(fine), fine)
    bins = np.linspace(0, RATE / 2, size // 2 + 1)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0, np.minimum(rise, fall)) * ((2 / (edges[2:] - edges[:-2]))[:, None] if slaney else 1)


def stretches(words):
    """[start, end] seconds of speech without a long pause."""
    runs = []
    for start, end in words:
        if runs and start - runs[-1][1] < PAUSE_S:
            runs[-1][1] = max(end, runs[-1][1])
        else:
            runs.append([start, end])
    return runs


def windows(words, count):
    """First frames of windows over the speech of `count` frames, and the seconds of speech that each stands for."""
    firsts, weights = [], []
    for start, end in stretches(words):
        first, last = int(start * 100), int(end * 100)
        places = int(np.ceil(max(last - first - WINDOW, 0) / HOP)) + 1
        begin = first if places > 1 else (first + last - WINDOW) // 2
        for place in np.linspace(begin, max(last - WINDOW, begin), places).astype(int):
            firsts.append(int(np.clip(place, 0, count - WINDOW)))
            weights.append(max(end - start, 0.1) / places)
    return np.array(firsts), np.array(weights)


def unit(vectors):
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


class Cepstra:
    """Means of 19 cepstra and of the pitch in octaves, in units of the recording's own spread; alike where near."""
    name, thresholds = "cepstra", [-1.2, -1.0, -0.8, -0.7, -0.6, -0.5, -0.4]

    def of_frames(self, samples):
        spectrum = np.abs(np.fft.rfft(frames(np.append(samples[0], samples[1:] - 0.97 * samples[:-1])) * np.hamming(400), 512)) ** 2
        logs = np.log(spectrum @ mel_bank(24, 512, 80, 7600, False).T + 1e-8)
        cosines = np.cos(np.pi / 24 * np.outer(np.arange(1, 20), np.arange(24) + 0.5))
        return logs @ cosines.T, logs.mean(1)

    def pitch(self, samples):
        """Octaves over 100 Hz by autocorrelation; NaN where the frame has no voice."""
        pitches = np.full(len(samples) // STEP + 1, np.nan)
        for i, frame in enumerate(frames(samples, 640)):
            power = np.abs(np.fft.rfft(frame - frame.mean(), 2048)) ** 2
            echo = np.fft.irfft(power)[:267]
            if echo[0] > 1e-4 and echo[40:].max() > 0.5 * echo[0]:
                pitches[i] = np.log2(RATE / (40 + echo[40:].argmax()) / 100)
        return pitches

    def vectors(self, samples, firsts):
        cepstra, loudness = self.of_frames(samples)
        pitches = self.pitch(samples)
        cuts = [slice(first, first + WINDOW) for first in firsts]
        loud = [loudness[cut] > np.quantile(loudness[cut], 0.3) for cut in cuts]
        heard = np.concatenate([cepstra[cut] for cut in cuts])
        usual = np.nan_to_num(np.nanmedian(np.concatenate([pitches[cut] for cut in cuts] + [[0]])))
        means = np.array([cepstra[cut][mask].mean(0) for cut, mask in zip(cuts, loud)])
        tones = np.array([np.median(p[~np.isnan(p)]) if (~np.isnan(p)).sum() > 5 else usual for p in (pitches[cut] for cut in cuts)])
        return np.column_stack([(means - heard.mean(0)) / heard.std(0), 4 * (tones - usual)])

    def alike(self, a, b):
        return -np.sqrt(np.mean((a - b) ** 2, axis=-1))

    def centre(self, vectors, weights):
        return np.average(vectors, axis=0, weights=weights)


class Bayes(Cepstra):
    """Each stretch of a window is a Gaussian of 12 cepstra; alike where one Gaussian for both costs less than two, with a weight on the penalty."""
    name, thresholds = "Bayes", [-8.0, -7.0, -6.0, -5.5, -5.0, -4.5, -4.0, -3.0]

    def vectors(self, samples, firsts):
        cepstra = self.of_frames(samples)[0][:, :12]
        parts = [cepstra[first:first + WINDOW] for first in firsts]
        moments = [np.concatenate([[len(part)], part.sum(0), (part.T @ part).ravel()]) for part in parts]
        return np.array(moments)

    def cost(self, moments):
        count, mean = moments[0], moments[1:13] / moments[0]
        covariance = moments[13:].reshape(12, 12) / count - np.outer(mean, mean) + 1e-3 * np.eye(12)
        return 0.5 * count * np.linalg.slogdet(covariance)[1]

    def alike(self, a, b):
        penalty = 0.5 * (12 + 12 * 13 / 2)
        return np.array([(self.cost(a) + self.cost(other) - self.cost(a + other)) / (penalty * np.log(a[0] + other[0])) for other in b])

    def centre(self, vectors, weights):
        return vectors.sum(0)


class Storage:
    def __init__(self):
        self.values = None


class WeightsReader(pickle.Unpickler):
    """Torch's old file format without torch: tensors as (storage, offset, size); of all else that a pickle may ask for only names."""
    def __init__(self, file):
        super().__init__(file)
        self.storages = collections.defaultdict(Storage)

    def find_class(self, module, name):
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, *_: (storage, offset, size)
        return collections.OrderedDict if name == "OrderedDict" else name

    def persistent_load(self, identity):
        return self.storages[identity[2]]


def read_weights(path):
    with open(path, "rb") as file:
        for _ in range(3):
            pickle.Unpickler(file).load()  # magic number, version, system: plain values
        reader = WeightsReader(file)
        state = reader.load()["model_state"]
        for key in pickle.Unpickler(file).load():
            (count,) = struct.unpack("<q", file.read(8))
            reader.storages[key].values = np.frombuffer(file.read(4 * count), np.float32)
    return {name: storage.values[offset:offset + int(np.prod(size))].reshape(size) for name, (storage, offset, size) in state.items()}


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


class Encoder:
    name, thresholds = "encoder", [0.6, 0.65, 0.7, 0.725, 0.75, 0.775, 0.8, 0.85]

    def __init__(self, path):
        self.weights = read_weights(path)

    def vectors(self, samples, firsts):
        spectrum = np.abs(np.fft.rfft(frames(samples) * (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)), 400)) ** 2
        speech = np.concatenate([samples[first * STEP:(first + WINDOW) * STEP] for first in firsts])
        gain = max(10 ** (-30 / 20) / max(np.sqrt(np.mean(speech ** 2)), 1e-9), 1)  # to -30 dB, never softer
        mels = (gain ** 2 * spectrum @ mel_bank(40, 400, 0, 8000, True).T).astype(np.float32)
        values = np.stack([mels[first:first + WINDOW] for first in firsts])
        for layer in range(3):
            values = self.layer(values, layer)
        return unit(np.maximum(0, values[:, -1] @ self.weights["linear.weight"].T + self.weights["linear.bias"]))

    def layer(self, values, number):
        of_input, of_state = (self.weights[f"lstm.weight_{kind}_l{number}"].T for kind in ("ih", "hh"))
        bias = self.weights[f"lstm.bias_ih_l{number}"] + self.weights[f"lstm.bias_hh_l{number}"]
        state = cell = np.zeros((len(values), 256), np.float32)
        given, states = values @ of_input + bias, []
        for step in range(values.shape[1]):
            enter, forget, new, leave = np.split(given[:, step] + state @ of_state, 4, axis=1)
            cell = sigmoid(forget) * cell + sigmoid(enter) * np.tanh(new)
            state = sigmoid(leave) * np.tanh(cell)
            states.append(state)
        return np.stack(states, 1)

    def alike(self, a, b):
        return b @ a

    def centre(self, vectors, weights):
        return unit(weights @ vectors)


class Voices:
    """The voices of one recording, as one of the classes above hears them."""
    def __init__(self, kind, samples, words):
        self.kind, self.words = kind, words
        self.firsts, self.weights = windows(words, len(samples) // STEP + 1) if words else ([], [])
        self.vectors = kind.vectors(samples, self.firsts) if words else None

    def speakers(self, threshold):
        """A number for each word."""
        groups = [[i] for i in range(len(self.firsts))]
        centres = [self.vectors[i] for i in range(len(self.firsts))]
        while len(groups) > 1:
            likeness = [self.kind.alike(centres[i], np.array(centres[:i])) for i in range(1, len(groups))]
            i = int(np.argmax([row.max() for row in likeness])) + 1
            j = int(likeness[i - 1].argmax())
            if likeness[i - 1][j] < threshold:
                break
            groups[j] += groups.pop(i)
            del centres[i]
            centres[j] = self.kind.centre(self.vectors[groups[j]], self.weights[groups[j]])
        owner = {i: number for number, group in enumerate(groups) for i in group}
        middles = np.array(self.firsts) / 100 + WINDOW / 200
        return [owner[int(np.abs(middles - (start + end) / 2).argmin())] for start, end in self.words]
