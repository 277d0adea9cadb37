// A server or a pooler that refuses at the start is quoted, with what to do, and the password is never repeated.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { readDatabaseUrl } from '../../src/process/database-url.ts'
import { StartupError } from '../../src/process/environment.ts'
import { openDatabase } from '../../src/process/open-database.ts'

const REFUSALS: readonly { name: string; code: string; message: string; says: RegExp }[] = [
  {
    name: 'a wrong password',
    code: '28P01',
    message: 'password authentication failed for user "andon"',
    says: /\(28P01: password authentication failed for user "andon"\): correct the user and the password/,
  },
  {
    name: 'a database that is not there',
    code: '3D000',
    message: 'database "andon" does not exist',
    says: /\(3D000: database "andon" does not exist\): make it with `createdb`/,
  },
  {
    name: 'a pooler that passes no parameters on',
    code: '08P01',
    message: 'unsupported startup parameter: statement_timeout',
    says: /unsupported startup parameter: statement_timeout\): add that parameter to ignore_startup_parameters/,
  },
  {
    name: 'too many clients',
    code: '53300',
    message: 'sorry, too many clients already',
    says: /raise max_connections/,
  },
  {
    name: 'tables of another owner',
    code: '42501',
    message: 'must be owner of table pipelines',
    says: /\(42501: must be owner of table pipelines\): run `migrate` as the user that owns the tables\.$/,
  },
  {
    name: 'a table that others keep locked',
    code: '55P03',
    message: 'canceling statement due to lock timeout',
    says: /run `migrate` again, or stop them first/,
  },
  {
    name: 'a server that repeats the password',
    code: '28000',
    message: 'no entry for "andon", "s3/cret"\nin the list',
    says: /no entry for "andon", "…" in the list\)/,
  },
]

test.each(REFUSALS)('$name is one sentence in the words of the server', async ({ code, message, says }) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(errorResponse(code, message)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const databaseUrl = `postgres://andon:s3%2Fcret@127.0.0.1:${port}/andon`
  const refusal: Error = await openDatabase({ databaseUrl, dataDirectory: '/nowhere', logLevel: 'silent' }).then(
    () => new Error('it was opened'),
    (error) => error,
  )
  server.close()
  expect(refusal).toBeInstanceOf(StartupError)
  expect(refusal.message).toMatch(says)
  expect(refusal.message).toMatch(new RegExp(`^cannot use the database 127.0.0.1:${port}/andon [^\\n]*[.?]$`))
  expect(refusal.message).not.toMatch(/s3.{1,3}cret/)
})

test.each([
  'u3:12/hello@127.0.0.1:5432/andon',
  'u:hello/x@h/a',
  'u:1?hello@h/a',
  'u:x?hello@h/a',
  'u:1#hello@h/a',
  'u:50%hello@h/a',
  'h/a?user=hello@h',
])('postgres://%s is refused without a word of it', (rest) => {
  const read = () => readDatabaseUrl({ DATABASE_URL: `postgres://${rest}` })
  expect(read).toThrow(/^DATABASE_URL [^\n]* percent-encode `\/` as %2F/)
  expect(read).not.toThrow(/hello/)
  const encoded = `postgres://${encodeURIComponent('u/?#@:%')}:${encodeURIComponent('p/?#@:%')}@h/a?sslmode=require`
  expect(readDatabaseUrl({ DATABASE_URL: encoded })).toBe(encoded)
})

/** https://www.postgresql.org/docs/current/protocol-message-formats.html#PROTOCOL-MESSAGE-FORMATS-ERRORRESPONSE */
function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
