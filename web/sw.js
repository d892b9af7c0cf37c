// Takes files that are shared with the installed app, and nothing else: every other request goes to the server as without it.
const SHARED = 'hansard-shared';

async function take(request) {
    const files = (await request.formData()).getAll('file');
    const cache = await caches.open(SHARED);
    await Promise.all(files.map((file, i) => cache.put(`/share/${Date.now()}-${i}`,
        new Response(file, { headers: { 'Content-Type': file.type, 'X-Name': encodeURIComponent(file.name) } }))));
    return Response.redirect('/', 303);
}

self.addEventListener('install', (event) => {
    event.addRoutes?.({ condition: { not: { requestMethod: 'POST' } }, source: 'network' }); // which then need not wait for this worker to start
    self.skipWaiting();
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
    if (event.request.method === 'POST' && new URL(event.request.url).pathname === '/share') event.respondWith(take(event.request));
});
