// A recording's loudness as bars on a canvas: what is played already in the accent colour, the marks of items below.

const BAR_PX = 3;
const GAP_PX = 1;
const MARK_PX = 4;

/** draw() is cheap enough for each frame. `peaks` may be null: then a plain line is drawn. */
export function createWaveform(canvas, durationMs, signal) {
    let peaks = null, interval = 100, marks = [], bars = [], at = 0;

    // The loudest peak of each bar's span, 0..1: scaled, so that a quiet recording fills the height too, and its root,
    // so that soft voices show beside a laugh.
    function measure() {
        const count = Math.max(1, Math.floor(canvas.clientWidth / (BAR_PX + GAP_PX)));
        const span = durationMs / count;
        bars = new Array(count).fill(0);
        if (!peaks) return;
        const loudest = Math.max(32, ...bars.map((_, i) => {
            const from = Math.floor(i * span / interval), to = Math.max(from + 1, Math.ceil((i + 1) * span / interval));
            for (let p = from; p < to && p < peaks.length; p++) bars[i] = Math.max(bars[i], peaks[p]);
            return bars[i];
        }));
        bars = bars.map((bar) => Math.sqrt(bar / loudest));
    }

    function draw() {
        const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
        if (!width || !height) return;
        if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
            canvas.width = Math.round(width * ratio);
            canvas.height = Math.round(height * ratio);
            measure();
        }
        const style = getComputedStyle(canvas);
        const played = style.getPropertyValue('--wave-played'), rest = style.getPropertyValue('--wave-rest');
        const context = canvas.getContext('2d');
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        context.clearRect(0, 0, width, height);
        const room = height - MARK_PX - 2, head = durationMs ? at / durationMs * width : 0;
        bars.forEach((bar, i) => {
            const x = i * (BAR_PX + GAP_PX), size = Math.max(2, bar * room);
            context.fillStyle = x + BAR_PX / 2 <= head ? played : rest;
            context.fillRect(x, (room - size) / 2, BAR_PX, size);
        });
        context.fillStyle = style.getPropertyValue('--wave-mark');
        for (const mark of marks) context.fillRect(Math.min(width - 2, mark / durationMs * width), height - MARK_PX, 2, MARK_PX);
        context.fillStyle = played;
        context.fillRect(Math.min(width - 2, Math.max(0, head - 1)), 0, 2, height - MARK_PX);
    }

    const observer = new ResizeObserver(draw);
    observer.observe(canvas);
    signal.addEventListener('abort', () => observer.disconnect());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw, { signal });

    return {
        setTime(ms) { at = ms; draw(); },
        setMarks(times) { marks = durationMs ? times : []; draw(); },
        setDuration(ms) { durationMs = ms; measure(); draw(); },
        /** {interval_ms, peaks: [0..255]} of the API. */
        setPeaks(waveform) { peaks = waveform.peaks; interval = waveform.interval_ms || 100; measure(); draw(); },
    };
}
