import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepSecret } from '../../src/process/keep-secret.ts'

test('a secret is made once, kept, and readable only for the user who runs Andon', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'andon-secret-'))
  const data = join(directory, 'data')
  const secret = await keepSecret(data)
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  expect(await keepSecret(data)).toBe(secret)
  expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600)
  expect(readdirSync(data)).toEqual(['secret'])
  rmSync(directory, { recursive: true })
})
