import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { runClaims } from '../../fake-github/oidc-issuer.ts'
import { type SeededRandom, seededRandom } from '../../fake-github/random.ts'
import { randomSeed, recordMeasurements } from '../support/measurements.ts'
import { AUDIENCE, ISSUER, openTokenIssuer, RUN } from './support/token-issuer.ts'

const foreignKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const PROVEN = { kind: 'run', repositoryId: 7_001, runId: 901, runAttempt: 1 }

describe('a token', () => {
  test('that GitHub signed for this address proves which run it is', async () => {
    const { verify, token, fetchedUrls } = openTokenIssuer()
    expect(await verify(await token())).toEqual(PROVEN)
    expect(fetchedUrls).toEqual([`${ISSUER}/.well-known/jwks`])
  })

  test('is valid until it expires, with a tolerance of half a minute for clocks', async () => {
    const { verify: prove, token, advance } = openTokenIssuer()
    const old = await token()
    advance(329)
    expect((await prove(old)).kind).toBe('run')
    advance(2)
    expect(await prove(old)).toMatchObject({ kind: 'untrusted', why: expect.stringContaining('expired') })
  })

  const second = Date.parse('2026-11-21T12:00:00.000Z') / 1000
  test.each([
    ['for another audience', { aud: 'https://elsewhere.example.com' }, 'another audience'],
    ['for an audience that only begins alike', { aud: `${AUDIENCE}.evil.example` }, 'another audience'],
    ['for no audience', { aud: undefined }, 'another audience'],
    ['of another issuer', { iss: 'https://token.actions.githubusercontent.com' }, 'another issuer'],
    ['of no issuer', { iss: undefined }, 'another issuer'],
    ['not valid yet', { nbf: second + 60 }, 'not valid yet'],
    ['issued in the future', { iat: second + 60 }, 'issued in the future'],
    ['issued in a far future that it also expires in', { iat: second + 9_999, exp: second + 99_999 }, 'in the future'],
    ['issued in words', { iat: 'today' }, 'lacks a claim'],
    ['that has lasted for hours, however long it says it lasts', { iat: second - 7_200 }, 'expired'],
    ['that never expires', { exp: undefined }, 'lacks a claim'],
    ['that expires in words', { exp: 'never' }, 'lacks a claim'],
    ['that does not say when it was issued', { iat: undefined }, 'lacks a claim'],
    ['without a repository', { repository_id: undefined }, 'names no workflow run'],
    ['without a run', { run_id: undefined }, 'names no workflow run'],
    ['without a run attempt', { run_attempt: undefined }, 'names no workflow run'],
    ['of the zeroth run', { run_id: '0' }, 'names no workflow run'],
    ['of half a run', { run_id: '901.5' }, 'names no workflow run'],
    ['of a run written oddly', { run_id: ' 901' }, 'names no workflow run'],
    ['of a run past all counting', { run_id: '9007199254740993' }, 'names no workflow run'],
    ['of a list of runs', { run_id: ['901'] }, 'names no workflow run'],
  ])('%s is not trusted', async (_, claims, why) => {
    const { verify: prove, token } = openTokenIssuer()
    expect(await prove(await token(claims))).toEqual({ kind: 'untrusted', why: expect.stringContaining(why) })
  })

  test('signed by another party under the issuer’s name is not trusted', async () => {
    const { verify: prove, issuer } = openTokenIssuer()
    const forged = await issuer.token({ ...runClaims(RUN), aud: AUDIENCE }, { key: foreignKey })
    expect((await prove(forged)).kind).toBe('untrusted')
  })

  test('that brings its own key is not trusted', async () => {
    const { verify: prove } = openTokenIssuer()
    const jwk = createPublicKey(foreignKey).export({ format: 'jwk' })
    const forged = await new SignJWT({ ...runClaims(RUN), aud: AUDIENCE, iss: ISSUER, iat: second, exp: second + 300 })
      .setProtectedHeader({ alg: 'RS256', kid: 'key-1', jwk, jku: 'https://evil.example/jwks' })
      .sign(foreignKey)
    expect((await prove(forged)).kind).toBe('untrusted')
  })

  test('that asks not to be checked is not trusted', async () => {
    const { verify: prove, token } = openTokenIssuer()
    const [, payload] = (await token()).split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = base64url(JSON.stringify({ alg, typ: 'JWT', kid: 'key-1' }))
      expect((await prove(`${header}.${payload}.`)).kind).toBe('untrusted')
    }
  })

  test('signed with the published key as if it were a shared secret is not trusted', async () => {
    const { verify: prove, token, issuer } = openTokenIssuer()
    const [, payload] = (await token()).split('.')
    const { keys } = await issuer.keys()
    const pem = createPublicKey({ key: keys[0] as object as never, format: 'jwk' }).export({
      format: 'pem',
      type: 'spki',
    })
    for (const secret of [pem, JSON.stringify(keys[0]), '']) {
      const signed = `${base64url(JSON.stringify({ alg: 'HS256', typ: 'JWT', kid: 'key-1' }))}.${payload}`
      const signature = createHmac('sha256', secret).update(signed).digest('base64url')
      expect((await prove(`${signed}.${signature}`)).kind).toBe('untrusted')
    }
  })

  test('damaged in any of 1,000 ways is not trusted', async () => {
    const { verify: prove, token } = openTokenIssuer()
    const [genuine, other] = [await token(), await token({ run_id: '902' })]
    const random = seededRandom(randomSeed(20_261))
    const kinds = { run: 0, untrusted: 0, unavailable: 0 }
    for (let n = 0; n < 1_000; n++) kinds[(await prove(corruptToken(random, genuine, other))).kind] += 1
    expect(kinds).toEqual({ run: 0, untrusted: 1_000, unavailable: 0 })
    recordMeasurements('tokens', { faults: 1_000, wrong: kinds.run })
  })
})

describe('the keys', () => {
  test('are fetched once for any number of tokens that come together, and kept for ten minutes', async () => {
    const { verify, token, fetchedUrls, advance } = openTokenIssuer()
    const proofs = await Promise.all(Array.from({ length: 50 }, async () => verify(await token())))
    expect(proofs.every(({ kind }) => kind === 'run')).toBe(true)
    expect(fetchedUrls).toHaveLength(1)
    advance(599)
    await verify(await token())
    expect(fetchedUrls).toHaveLength(1)
    advance(2)
    await verify(await token())
    expect(fetchedUrls).toHaveLength(2)
  })

  test('may be rotated: a token signed with a new key is trusted, one signed with a withdrawn key is not', async () => {
    const { verify: prove, token, issuer, fetchedUrls: fetched, advance: pass } = openTokenIssuer()
    const before = await token({ exp: 4_000_000_000 })
    expect((await prove(before)).kind).toBe('run')
    pass(60)
    issuer.rotate()
    expect((await prove(await token())).kind).toBe('run')
    expect((await prove(before)).kind).toBe('run')
    expect(fetched).toHaveLength(2)
    issuer.rotate()
    pass(601)
    expect((await prove(before)).kind).toBe('untrusted')
  })

  test('are not fetched for every unknown name of a key', async () => {
    const { verify: prove, issuer, fetchedUrls: fetched, token } = openTokenIssuer()
    await prove(await token())
    for (let n = 0; n < 100; n++) {
      const forged = await issuer.token({ ...runClaims(RUN), aud: AUDIENCE }, { kid: `made-up-${n}`, key: foreignKey })
      expect((await prove(forged)).kind).toBe('untrusted')
    }
    expect(fetched).toHaveLength(1)
  })

  test.each(['refused', 'bad gateway', 'moved', 'not json', 'no keys', 'endless', 'too many keys'] as const)(
    'that cannot be fetched (%s) leave a token unverified, and are fetched again half a minute later',
    async (state) => {
      const { verify: prove, token, fetchedUrls: fetched, advance: pass, setNetwork } = openTokenIssuer()
      setNetwork(state)
      for (let n = 0; n < 20; n++) expect((await prove(await token())).kind).toBe('unavailable')
      expect(fetched).toHaveLength(1)
      setNetwork('up')
      pass(31)
      expect((await prove(await token())).kind).toBe('run')
    },
  )

  test('are no longer waited for when the issuer hangs', async () => {
    const { verify: prove, token, setNetwork: wire } = openTokenIssuer({ timeoutMs: 20 })
    wire('hanging')
    expect((await prove(await token())).kind).toBe('unavailable')
  })

  test('stay usable for an hour while the issuer is unreachable, and no longer', async () => {
    const { verify: prove, token, setNetwork: wire, advance: pass } = openTokenIssuer()
    await prove(await token())
    wire('refused')
    pass(3_500)
    expect((await prove(await token())).kind).toBe('run')
    pass(200)
    expect((await prove(await token())).kind).toBe('unavailable')
  })
})

function corruptToken(random: SeededRandom, genuine: string, other: string): string {
  const parts = genuine.split('.')
  const others = other.split('.')
  switch (random.integer(6)) {
    case 0: {
      // One bit, somewhere that matters: the last letter of a part may hold bits that decode to nothing.
      const part = random.integer(3)
      const bytes = Buffer.from(parts[part]!, 'base64url')
      const at = random.integer(bytes.length)
      bytes[at] = bytes[at]! ^ (1 << random.integer(8))
      return parts.with(part, bytes.toString('base64url')).join('.')
    }
    case 1:
      return genuine.slice(0, random.integer(genuine.length - 1))
    case 2:
      // Parts of two genuine tokens of other runs, put together.
      return random.next() < 0.5 ? parts.with(1, others[1]!).join('.') : parts.with(2, others[2]!).join('.')
    case 3: {
      const claims = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString()) as Record<string, unknown>
      claims[random.pick(Object.keys(claims))] = random.pick(['902', 902, null, [], {}, '', AUDIENCE, true])
      return parts.with(1, base64url(JSON.stringify({ ...claims, run_number: '2' }))).join('.')
    }
    case 4: {
      const dealt = random.shuffle(parts.flatMap((part) => [part, part])).slice(0, 1 + random.integer(5))
      return dealt.join('.') === genuine ? `${genuine}.` : dealt.join('.')
    }
    default: {
      const header = { alg: random.pick(['none', 'HS256', 'RS384', 'PS256', 'ES256', 'EdDSA', 7]), kid: 'key-1' }
      return parts.with(0, base64url(JSON.stringify(header))).join('.')
    }
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
