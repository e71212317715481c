// SPDX-License-Identifier: MIT
// Cloudflare's own code: the parser of _redirects (bundled in redirects-in-workers, which does not
// export it: a copy of the bundle does), and the asset server of Pages. Standard input: { files:
// { name: text }, asks: [[name, url]] }; standard output: { parsed, answers }.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const bundle = readFileSync('node_modules/redirects-in-workers/dist/index.js', 'utf8');
writeFileSync('pages-parser.mjs', `${bundle}\nexport { parseRedirects };\n`);
const { parseRedirects } = await import(pathToFileURL('pages-parser.mjs').href);
const shared = pathToFileURL('node_modules/@cloudflare/pages-shared/dist/').href;
const { createMetadataObject } = await import(`${shared}metadata-generator/createMetadataObject.js`);
const { generateHandler } = await import(`${shared}asset-server/handler.js`);

const { files, asks } = JSON.parse(readFileSync(0, 'utf8'));
const parsed = {};
const metadata = {};
for (const [name, text] of Object.entries(files)) {
  parsed[name] = parseRedirects(text);
  metadata[name] = createMetadataObject({ redirects: parsed[name], failOpen: false });
}

const answers = [];
for (const [name, url] of asks) {
  const response = await generateHandler({
    request: new Request(url),
    metadata: metadata[name],
    logError: () => {},
    findAssetEntryForPath: async () => null, // no file is there
    getAssetKey: () => '',
    negotiateContent: () => ({ encoding: null }),
    fetchAsset: async () => ({ body: null, contentType: 'text/html' }),
  });
  answers.push({ status: response.status, location: response.headers.get('location') ?? '' });
}
process.stdout.write(JSON.stringify({ parsed, answers }));
