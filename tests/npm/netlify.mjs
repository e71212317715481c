// SPDX-License-Identifier: MIT
// Netlify's own code: the parser of its build system, and the engine of its CDN as it is in its
// command line tool. Standard input: { files: { name: text }, asks: [[name, scheme, host, path,
// query, headers, cookies]] }; standard output: { parsed, answers }.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllRedirects } from 'netlify-redirect-parser';

const redirector = createRequire(import.meta.url)('netlify-redirector');
const { files, asks } = JSON.parse(readFileSync(0, 'utf8'));

const folder = mkdtempSync(join(tmpdir(), 'detour-netlify-'));
const parsed = {};
for (const [name, text] of Object.entries(files)) {
  const path = join(folder, 'redirects');
  writeFileSync(path, text);
  const { redirects, errors } = await parseAllRedirects({ redirectsFiles: [path], minimal: false });
  parsed[name] = { redirects, errors: errors.map((error) => error.message) };
}
rmSync(folder, { recursive: true });

const engines = {};
for (const name of new Set(asks.map(([file]) => file)))
  engines[name] = await redirector.parsePlain(files[name], {});
const answers = asks.map(([name, scheme, host, path, query, headers, cookies]) => {
  const found = engines[name].match({
    scheme, host, path, query,
    getHeader: (key) => headers[key.toLowerCase()] ?? '',
    getCookie: (key) => cookies[key] ?? '',
  });
  return found ? { status: found.status, to: found.to } : null;
});
process.stdout.write(JSON.stringify({ parsed, answers }));
