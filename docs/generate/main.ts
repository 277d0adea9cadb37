// `npm run docs`: renews what the pages take from the source, its tables and its quotations, the JSON Schema of andon.yml and
// the description of the API. `test/docs/pages.test.ts`, `test/line/andon-json-schema.test.ts` and
// `test/docs/openapi.test.ts` fail while they are older than it.
import { readFileSync, writeFileSync } from 'node:fs'
import { andonJsonSchema } from '../../src/line/andon-json-schema.ts'
import { openApiDocument } from '../../src/web/openapi.ts'
import { pagePaths, renderPage } from './pages.ts'

for (const path of pagePaths()) {
  const text = readFileSync(path, 'utf8')
  const renewed = renderPage(path, text)
  if (renewed === text) continue
  writeFileSync(path, renewed)
  console.log(`${path} renewed`)
}

writeFileSync('public/andon.schema.json', andonJsonSchema())
writeFileSync('public/openapi.json', openApiDocument())
