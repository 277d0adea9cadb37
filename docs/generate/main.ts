// `npm run docs`: renews what the pages take from the source, its tables and its quotations. `test/docs/pages.test.ts` fails
// while a page is older than its source.
import { readFileSync, writeFileSync } from 'node:fs'
import { pagePaths, renderPage } from './pages.ts'

for (const path of pagePaths()) {
  const text = readFileSync(path, 'utf8')
  const renewed = renderPage(path, text)
  if (renewed === text) continue
  writeFileSync(path, renewed)
  console.log(`${path} renewed`)
}
