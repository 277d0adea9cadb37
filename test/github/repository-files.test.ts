// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are GitHub's placeholders, not ours.
import nock from 'nock'
import { describe, expect, test } from 'vitest'
import { hasAttemptKeyInRunName } from '../../src/line/run-name.ts'
import { API, expectTokenRequest, failureOf, openTestClient, REPOSITORY, useNock } from './support/nock-github.ts'

useNock()

const HEAD = 'ba5e000000000000000000000000000000000000'
const ORGANISATION = { ...REPOSITORY, name: '.github' }
const TEXT = 'stages:\n  plan: { workflow: plan.yml }\n'

describe('the configuration', () => {
  test('is read from the repository as of the head of its default branch', async () => {
    expectTokenRequest()
    standsAt(HEAD)
    has('widgets', fileOf(TEXT), HEAD)
    expect(await openTestClient().readConfiguration(REPOSITORY, ORGANISATION)).toEqual({
      text: TEXT,
      sha: 'f11e',
      source: 'repository',
      headSha: HEAD,
    })
  })

  test('is the organisation’s where the repository has none', async () => {
    expectTokenRequest()
    standsAt(HEAD)
    has('widgets', null, HEAD)
    has('.github', fileOf(TEXT))
    expect(await openTestClient().readConfiguration(REPOSITORY, ORGANISATION)).toMatchObject({
      text: TEXT,
      source: 'organisation',
    })
  })

  test.each([403, 404])('is missing where neither has one (%i from the organisation)', async (status) => {
    expectTokenRequest()
    standsAt(HEAD)
    has('widgets', null, HEAD)
    nock(API).get('/repos/acme/.github/contents/.github%2Fandon.yml').reply(status, { message: 'no' })
    const none = { text: null, sha: null, source: null, headSha: HEAD }
    expect(await openTestClient().readConfiguration(REPOSITORY, ORGANISATION)).toEqual(none)
  })

  test('does not count as missing when GitHub fails', async () => {
    expectTokenRequest()
    standsAt(HEAD)
    nock(API).get('/repos/acme/widgets/contents/.github%2Fandon.yml').query({ ref: HEAD }).reply(502, {})
    expect(await failureOf(openTestClient().readConfiguration(REPOSITORY, null))).toMatchObject({ kind: 'retryable' })
  })

  test('is missing in a repository without a commit, and not answered where a directory has its name', async () => {
    expectTokenRequest()
    standsAt(null)
    standsAt(HEAD)
    has('widgets', [], HEAD)
    const github = openTestClient()
    expect(await github.readConfiguration(REPOSITORY, null)).toMatchObject({ text: null, headSha: null })
    expect(await failureOf(github.readConfiguration(REPOSITORY, null))).toMatchObject({ kind: 'retryable' })
  })

  test('is known to be too large even if GitHub does not send its content', async () => {
    expectTokenRequest()
    standsAt(HEAD)
    has('widgets', { type: 'file', encoding: 'none', content: '', size: 2_000_000, sha: 'f11e' }, HEAD)
    expect((await openTestClient().readConfiguration(REPOSITORY, null)).text).toHaveLength(100_000)
  })
})

test('a workflow is read from the default branch; a missing one is null', async () => {
  expectTokenRequest()
  nock(API).get('/repos/acme/widgets/contents/.github%2Fworkflows%2Fplan.yml').reply(200, fileOf('on: push\n'))
  nock(API).get('/repos/acme/widgets/contents/.github%2Fworkflows%2Fcode.yml').reply(404, { message: 'Not Found' })
  const github = openTestClient()
  expect(await github.readWorkflow(REPOSITORY, 'plan.yml')).toBe('on: push\n')
  expect(await github.readWorkflow(REPOSITORY, 'code.yml')).toBeNull()
})

describe('a workflow echoes the attempt key', () => {
  test.each([
    'run-name: "andon ${{ inputs.andon }}"',
    "run-name: 'andon ${{inputs.andon}} #${{ inputs.issue }}'",
    'name: plan\r\nrun-name: andon ${{ inputs.andon }} # so that Andon finds it\r\non: push',
    '"run-name":  ${{ github.event.inputs.andon }}',
  ])('when its run-name contains it as a word: %j', (workflow) => {
    expect(hasAttemptKeyInRunName(workflow)).toBe(true)
  })

  test.each([
    '',
    'name: andon ${{ inputs.andon }}',
    '# run-name: andon ${{ inputs.andon }}',
    'jobs:\n  plan:\n    run-name: andon ${{ inputs.andon }}',
    'run-name: plan # andon ${{ inputs.andon }}',
    'run-name: "plan" # ${{ inputs.andon }}',
    'run-name: plan-${{ inputs.andon }}',
    'run-name: ${{ inputs.andon }}-${{ inputs.issue }}',
    'run-name: ${{ inputs.andon_key }}',
    'run-name: ${{ inputs.issue }}',
    'run-name: inputs.andon',
    "run-name: ${{ inputs.andon || 'by hand' }}",
    'run-name: >-\n  andon ${{ inputs.andon }}',
    'run-name: [ "${{ inputs.andon }}" ]',
    'run-name: andon ${{ inputs.andon }}\nrun-name: plan',
    'run-name: *anchor ${{ inputs.andon }}',
    'run-name: "andon ${{ inputs.andon }}',
  ])('but in doubt counts as not echoing it: %j', (workflow) => {
    expect(hasAttemptKeyInRunName(workflow)).toBe(false)
  })
})

function standsAt(oid: string | null): void {
  const data = { repository: { defaultBranchRef: oid === null ? null : { target: { oid } } } }
  nock(API).post('/graphql').reply(200, { data })
}

function has(repository: string, file: object | null, ref?: string): void {
  nock(API)
    .get(`/repos/acme/${repository}/contents/.github%2Fandon.yml`)
    .query(ref === undefined ? {} : { ref })
    .reply(file === null ? 404 : 200, file ?? { message: 'Not Found' })
}

function fileOf(content: string): object {
  const bytes = Buffer.from(content)
  return { type: 'file', encoding: 'base64', content: bytes.toString('base64'), size: bytes.length, sha: 'f11e' }
}
