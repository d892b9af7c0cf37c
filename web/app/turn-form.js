// The form in which a turn of the transcript is corrected: its segments' texts, and who speaks.
import { formInPlace, h, options } from './dom.js';
import { text } from './strings.js';

/**
 * `parts`: [{index, text}]; `known`: the speakers' names; `typed`: what an earlier form held ({speaker, texts, scope}), or null.
 * onSave({patch, typed}) is given the patch of what has changed, {} where nothing has.
 */
export function turnForm({ parts, speaker, known, typed, onSave, onCancel }) {
    const areas = parts.map((part, i) => h('textarea', {
        rows: Math.max(1, Math.ceil(part.text.length / 55)), required: true, 'aria-label': text.transcript.textOf(i + 1, parts.length),
    }, typed?.texts[i] ?? part.text));
    const name = h('input', { value: typed?.speaker ?? speaker ?? '', maxlength: 120, list: 'speakers', autocomplete: 'off' });
    // Of an unnamed speaker there is nothing to rename.
    const scope = h('select', { hidden: !speaker, 'aria-label': text.transcript.scope },
        options({ all: text.transcript.everywhere, turn: text.transcript.onlyHere }));
    scope.value = typed?.scope ?? 'all';
    // A name that stands already is rather that of who really spoke here.
    name.addEventListener('input', () => { if (known.includes(name.value.trim())) scope.value = 'turn'; });

    function patchOf() {
        const segments = {};
        parts.forEach((part, i) => {
            const words = areas[i].value.trim().replace(/\s+/g, ' ');
            if (words && words !== part.text) segments[part.index] = { text: words };
        });
        const wanted = name.value.trim();
        const rename = speaker && scope.value === 'all';
        if (wanted !== (speaker ?? '') && !(rename && !wanted)) {
            if (!rename) for (const part of parts) segments[part.index] = { ...segments[part.index], speaker: wanted || null };
            else return { ...(Object.keys(segments).length && { segments }), speakers: { [speaker]: wanted } };
        }
        return Object.keys(segments).length ? { segments } : {};
    }
    const save = () => onSave({ patch: patchOf(), typed: { speaker: name.value, scope: scope.value, texts: areas.map((area) => area.value) } });
    return formInPlace('form.edit.turn', { onSave: save, onCancel },
        h('div.pair', h('label', h('span', text.transcript.speaker), name), scope), areas);
}
