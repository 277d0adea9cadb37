// The tables of docs/reference/ whose words are prose: what they list is what the source has.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { VARIABLES } from '../../src/process/environment.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const environment = read('docs/reference/environment.md')

/** The names in the first column: `` `PORT`, `HOST` `` are two. */
function namesIn(page: string, heading: string): readonly string[] {
  const table = page.split(`| ${heading} |`)[1]?.split('\n\n')[0] ?? ''
  const cells = [...table.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
}

test('the environment lists every variable that the configuration reads, and no other', () => {
  expect([...namesIn(environment, 'name')].sort()).toEqual(VARIABLES.toSorted())
})

test('the defaults of the environment are those of the configuration', () => {
  const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
  const config = readConfig('all', { APP_ID: '1', PRIVATE_KEY: pem.toString(), WEBHOOK_SECRET: 'a'.repeat(40) })
  const defaultOf = (name: string) => new RegExp(`^\\| \`${name}\` \\| \`(.+?)\``, 'm').exec(environment)?.[1]
  expect(defaultOf('PORT')).toBe(String(config.port))
  expect(defaultOf('HOST')).toBe(config.host)
  expect(defaultOf('ANDON_DATA')).toBe(config.dataDirectory)
  expect(defaultOf('ANDON_ACCESS')).toBe(config.access)
  expect(defaultOf('BASE_URL')).toBe(config.baseUrl.replace(String(config.port), 'PORT'))
  expect(defaultOf('GITHUB_API_URL')).toBe(config.githubApiUrl)
  expect(defaultOf('GITHUB_URL')).toBe(config.githubUrl)
  expect(defaultOf('OIDC_ISSUER')).toBe(config.oidcIssuer)
  expect(defaultOf('LOG_LEVEL')).toBe(config.logLevel)
})

test('the model lists every event, and no other', () => {
  const source = read('src/pipeline/model/events.ts')
  const types = [...source.matchAll(/^ {2}'([a-z_]+\.[a-z_]+)':/gm)].map(([, type = '']) => type)
  expect([...namesIn(read('docs/reference/model.md'), 'event')].sort()).toEqual(types.toSorted())
})
