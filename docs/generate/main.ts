// `npm run docs`: renews what the pages take from the source, its tables and its quotations, and the JSON Schema of
// andon.yml. `test/docs/pages.test.ts` and `test/line/andon-json-schema.test.ts` fail while they are older than it.
import { readFileSync, writeFileSync } from 'node:fs'
import { andonJsonSchema } from '../../src/line/andon-json-schema.ts'
import { pagePaths, renderPage } from './pages.ts'

for (const path of pagePaths()) {
  const text = readFileSync(path, 'utf8')
  const renewed = renderPage(path, text)
  if (renewed === text) continue
  writeFileSync(path, renewed)
  console.log(`${path} renewed`)
}

writeFileSync('public/andon.schema.json', andonJsonSchema())
