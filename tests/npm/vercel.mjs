// SPDX-License-Identifier: MIT
// Vercel's own code makes routes of vercel.json; they are applied here as its development server
// does, with conditions as its documentation says. Standard input: { files: { name: text }, asks:
// [[name, host, path, query, headers, cookies]] }; standard output: { errors, answers }.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { getTransformedRoutes } = createRequire(import.meta.url)('@vercel/routing-utils');
const { files, asks } = JSON.parse(readFileSync(0, 'utf8'));
console.error = () => {}; // it tells where versions of path-to-regexp differ

const routes = {};
const errors = {};
for (const [name, text] of Object.entries(files)) {
  const { redirects } = JSON.parse(text);
  const made = getTransformedRoutes({ redirects });
  errors[name] = made.error ? made.error.message : null;
  routes[name] = made.error ? [] : made.routes;
}

/* What an item has, or undefined. */
function given(item, ask) {
  const [, host, , query, headers, cookies] = ask;
  if (item.type === 'host') return host;
  if (item.type === 'header') return headers[item.key.toLowerCase()];
  if (item.type === 'cookie') return cookies[item.key];
  return new URLSearchParams(query).has(item.key)
    ? new URLSearchParams(query).getAll(item.key).at(-1) : undefined;
}

function holds(item, ask, names) {
  const text = given(item, ask);
  const value = item.value;
  if (text === undefined) return false;
  if (value === undefined) {
    names[item.key] = text;
    return true;
  }
  if (typeof value === 'string' || value.re !== undefined) {
    const found = new RegExp(`^(?:${value.re ?? value})$`).exec(text);
    Object.assign(names, found?.groups ?? {});
    return Boolean(found);
  }
  if (value.eq !== undefined) return text === String(value.eq);
  if (value.neq !== undefined) return text !== value.neq;
  if (value.inc !== undefined) return value.inc.includes(text);
  if (value.ninc !== undefined) return !value.ninc.includes(text);
  if (value.pre !== undefined) return text.startsWith(value.pre);
  return text.endsWith(value.suf);
}

/* resolveRouteParameters of vercel dev, with the names of conditions. */
function fill(template, found, names) {
  return template.replace(/\$([1-9a-zA-Z]+)/g, (_, key) =>
    (key in names ? names[key] : found[parseInt(key, 10)]) ?? '');
}

const answers = asks.map((ask) => {
  const [name, , path] = ask;
  for (const route of routes[name]) {
    const regex = new RegExp(route.src);
    const found = regex.exec(path) ?? regex.exec(path.slice(1));
    const names = {};
    if (found && (route.has ?? []).every((item) => holds(item, ask, names)) &&
        !(route.missing ?? []).some((item) => holds(item, ask, {})))
      return { status: route.status, location: fill(route.headers.Location, found, names) };
  }
  return null;
});
process.stdout.write(JSON.stringify({ errors, answers }));
