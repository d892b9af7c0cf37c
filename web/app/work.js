// What goes on in the store beside finished meetings: work that runs, waits or failed, and uploads that are not complete.
import { cancelUpload, listJobs, listUploads } from './api.js';
import { attempt, fill, h, iconButton } from './dom.js';
import { bytes, when } from './format.js';
import { askAndDelete } from './meeting-header.js';
import { createJobRow, titleOf } from './progress.js';
import { setTitle } from './router.js';
import { text } from './strings.js';

const POLL_MS = 3000;

export async function workPage({ main, signal }) {
    setTitle(text.work.title);
    const rows = new Map();  // of jobs, kept so that focus stays
    const lists = Object.fromEntries(['failed', 'running', 'queued'].map((state) => [state, h('ul.rows.jobs')]));
    const uploads = h('ul.rows');
    const sections = Object.entries(lists).map(([state, list]) => h('section.group', h('h2', text.work[state], ' ', h('span.number')), list));
    const uploadSection = h('section.group', h('h2', text.work.uploads, ' ', h('span.number')), h('p.aside', text.work.uploadsWhy), uploads);
    const idle = h('p.aside', { role: 'status' }, text.loading);

    const jobRow = (job) => createJobRow(job, refresh,
        h('div.row-tools', iconButton('trash', text.work.remove(titleOf(job)), () => askAndDelete(job.meeting_id, titleOf(job)))));

    function showJobs(jobs) {
        const live = new Set(jobs.map((job) => job.meeting_id));
        for (const [id, row] of rows) if (!live.has(id)) { row.element.remove(); rows.delete(id); }
        for (const job of jobs) {
            if (!rows.has(job.meeting_id)) rows.set(job.meeting_id, jobRow(job));
            const row = rows.get(job.meeting_id), list = lists[job.status] ?? lists.queued;
            if (row.element.parentElement !== list) list.append(row.element);
            row.update(job);
        }
    }

    const cancel = (upload) => attempt(() => cancelUpload(upload.meeting_id).then(refresh));

    const uploadRow = (upload) => h('li.row', h('div.row-link', h('span.row-title', titleOf(upload)),
        h('span.row-meta', h('span', bytes(upload.size)), upload.created && h('span', when(upload.created)))),
    h('div.row-tools', iconButton('close', text.upload.cancel(titleOf(upload)), () => cancel(upload), { shown: false })));

    async function refresh() {
        const [jobs, open] = await Promise.all([listJobs(signal), listUploads(signal)]);
        showJobs(jobs);
        if (open.length !== uploads.children.length || !uploads.contains(document.activeElement)) fill(uploads, open.map(uploadRow));
        for (const section of [...sections, uploadSection]) {
            const count = section.querySelector('ul').children.length;
            section.querySelector('.number').textContent = count;
            section.hidden = count === 0;
        }
        idle.textContent = jobs.length + open.length ? '' : text.work.idle;
        idle.hidden = jobs.length + open.length > 0;
    }

    main.append(h('h1', text.work.title), idle, ...sections, uploadSection);
    await refresh();
    const timer = setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, POLL_MS);  // what fails now is asked for again
    signal.addEventListener('abort', () => clearInterval(timer));
}
