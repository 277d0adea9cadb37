// What GitHub cannot start until a person changes something: one try, the sentence that says what to change, and a start by
// itself once that is done.
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { FakeGitHub } from '../../fake-github/fake-github.ts'
import type { Fault } from '../../fake-github/faults.ts'
import { type AndonApp, openAndonApp } from '../support/andon-app.ts'
import { type BoardPage, readBoardPage } from '../support/board-api.ts'
import { expectConsistent } from '../support/consistency.ts'

const SIX_HOURS = 6 * 3_600
const PATH = '.github/workflows/design.yml'
const INPUTS = 'inputs: { issue: { required: true }, andon: { required: true } }'
const GOOD = workflow(`workflow_dispatch: { ${INPUTS} }`)
const CONFIGURATION = 'stages: { design: { workflow: design.yml, attempts: 3 } }'

// Hours pass here.
vi.setConfig({ testTimeout: 120_000 })
let app: AndonApp
afterEach(() => app.close())

/** A workflow that starts on these events. */
function workflow(on: string): string {
  return `name: design\nrun-name: "andon \${{ inputs.andon }}"\non: { ${on} }\njobs: {}\n`
}

async function open(file: string | null, configuration = CONFIGURATION): Promise<FakeGitHub> {
  app = await openAndonApp({ configuration })
  const { github, repository } = app
  if (file !== null) github.writeFile(repository, PATH, file)
  return github
}

function write(github: FakeGitHub, text: string | null): void {
  github.writeFile(app.repository, PATH, text)
}

function board(): Promise<BoardPage> {
  return readBoardPage(app.url)
}

function refuse(github: FakeGitHub, message: string, status = 422): void {
  const fault = { kind: 'refuse', status, message } as const satisfies Fault
  github.chooseFaults(({ kind }) => (kind === 'dispatch' ? fault : null))
}

const WAITS = '; then it starts by itself, or at /andon retry design'

describe('what reading the workflow shows', () => {
  test.each<[string, string | null, string]>([
    ['its file is not there', null, `${PATH} is not on the default branch; add it there, or name another workflow`],
    ['it cannot be dispatched', workflow('push: {}'), `${PATH} cannot be dispatched; add \`workflow_dispatch\``],
    ['it declares no input', workflow('workflow_dispatch: {}'), `${PATH} does not declare \`issue\` and \`andon\``],
    [
      'it declares one input only',
      workflow('workflow_dispatch: { inputs: { issue: {} } }'),
      `${PATH} does not declare \`andon\``,
    ],
    [
      'it requires another input',
      workflow(`workflow_dispatch: { ${INPUTS.replace(' }', ' }, model: { required: true }')} }`),
      `${PATH} requires \`model\`, which Andon does not send`,
    ],
  ])('when %s, costs one try, is said, and starts when the file is pushed', async (_, file, words) => {
    const github = await open(file)
    await app.openLabeledIssue()
    await app.advance(60)
    await app.advance(SIX_HOURS, { stride: 1_200 })
    expect(app.dispatched()).toEqual(['1/design/1'])
    const { counts, pipelines } = await board()
    expect(counts).toMatchObject({ failed: 1, needsYou: 1 })
    expect(pipelines[0]?.reason).toContain(`attempt 1 of 3 was refused: ${words}`)
    expect(pipelines[0]?.reason).toContain(WAITS)
    const [comment] = github.comments(app.repository, 1)
    expect(comment?.body).toContain(`/blob/HEAD/${PATH})`)
    const page = await (await fetch(`${app.url}/${app.repository}/issues/1`)).text()
    expect(page).toMatch(new RegExp(`href="[^"]+/blob/HEAD/${PATH}"`))
    await expectConsistent({ database: app.database, now: app.clock.now() })

    write(github, GOOD)
    await app.advance(30)
    expect(app.dispatched()).toEqual(['1/design/1', '1/design/2'])
    expect(github.runs).toHaveLength(1)
    expect((await board()).pipelines[0]?.reason).toBe('attempt 2 of 4 waits for a runner')
  })

  test('a file that is deleted between two stages is missed, and started when it is back', async () => {
    const github = await open(GOOD, 'stages: { plan: { workflow: plan.yml }, design: { workflow: design.yml } }')
    github.onDispatch((run) => void (run.state.workflow.file === 'plan.yml' && run.start()))
    await app.openLabeledIssue()
    await app.advance(30)
    write(github, null)
    github.runs[0]?.succeed()
    await app.advance(600)
    expect((await board()).pipelines[0]).toMatchObject({ light: 'failed', stage: 'design' })
    write(github, GOOD)
    await app.advance(60)
    expect(app.dispatched()).toEqual(['1/plan/1', '1/design/1', '1/design/2'])
  })

  test.each(['disabled_manually', 'disabled_inactivity'] as const)(
    'a workflow that is %s is started within an hour of being enabled, without a push',
    async (state) => {
      const github = await open(GOOD)
      github.setWorkflowState(app.repository, 'design.yml', state)
      github.onDispatch((run) => run.start())
      await app.openLabeledIssue()
      await app.advance(SIX_HOURS, { stride: 1_200 })
      expect(app.dispatched()).toHaveLength(1)
      expect((await board()).pipelines[0]?.reason).toContain('design.yml is disabled; enable it under *Actions*')
      github.setWorkflowState(app.repository, 'design.yml', 'active')
      await app.advance(3_700, { stride: 600 })
      expect(github.runs).toHaveLength(1)
    },
  )

  test('the file that andon.yml names instead is started at once', async () => {
    const github = await open(null)
    await app.openLabeledIssue()
    await app.advance(120)
    github.writeFile(app.repository, '.github/workflows/draft.yml', GOOD)
    github.writeFile(app.repository, '.github/andon.yml', CONFIGURATION.replace('design.yml', 'draft.yml'))
    await app.advance(30)
    expect(github.runs.map(({ state }) => state.workflow.file)).toEqual(['draft.yml'])
  })
})

describe('what only GitHub knows', () => {
  test.each([
    ['No ref found for: main', 'there is no branch main; push it'],
    ['failed to parse workflow: (Line: 9, Col: 3): Unexpected value', `GitHub cannot read ${PATH} (failed to parse`],
    ['you may only define up to 25 `inputs` for a `workflow_dispatch` event', `GitHub cannot read ${PATH}`],
    ['Actions has been disabled for this user.', 'GitHub Actions is off here'],
    ['Something that nobody has seen before', 'GitHub refused to start design.yml: Something that nobody'],
  ])('"%s" costs one try, is said, and is tried again at a push', async (message, words) => {
    const github = await open(GOOD)
    refuse(github, message)
    await app.openLabeledIssue()
    await app.advance(60)
    await app.advance(3_000, { stride: 1_000 })
    expect(app.dispatched()).toEqual(['1/design/1'])
    expect((await board()).pipelines[0]).toMatchObject({ light: 'failed', reason: expect.stringContaining(words) })
    github.chooseFaults(() => null)
    write(github, `${GOOD}# mended\n`)
    await app.advance(20)
    expect(github.runs).toHaveLength(1)
  })

  test('it is tried more and more seldom', async () => {
    const github = await open(GOOD)
    refuse(github, 'Actions has been disabled for this user.')
    await app.openLabeledIssue()
    await app.advance(60)
    await app.advance(24 * 3_600, { stride: 1_200 })
    // After an hour, then two, four, eight.
    expect(app.dispatched()).toHaveLength(5)
  })

  test('it is tried again without a push once it works', async () => {
    const github = await open(GOOD)
    refuse(github, 'Actions has been disabled for this repository.')
    await app.openLabeledIssue()
    await app.advance(60)
    github.chooseFaults(() => null)
    github.onDispatch((run) => run.start())
    await app.advance(2 * 3_600, { stride: 600 })
    expect(github.runs).toHaveLength(1)
  })
})

describe('GitHub that notices a push late', () => {
  test.each([
    [404, 'Not Found'],
    [422, "Workflow does not have 'workflow_dispatch' trigger"],
    [422, 'Unexpected inputs provided: ["issue", "andon"]'],
  ])('answers %s %s for a while: nobody is called, no attempt is spent', async (status, message) => {
    const github = await open(GOOD)
    refuse(github, message, status)
    await app.openLabeledIssue()
    for (let passed = 0; passed < 30; passed += 5) {
      await app.advance(5, { stride: 5 })
      expect((await board()).counts).toMatchObject({ needsYou: 0, failed: 0 })
    }
    github.chooseFaults(() => null)
    await app.advance(120)
    expect(github.runs).toHaveLength(1)
  })
})

describe('a push whose files GitHub does not list', () => {
  const COMMIT = { id: 'c0ffee', added: [], removed: [], modified: ['README.md'] }
  test.each([
    ['was forced', { forced: true, commits: [] }],
    ['has too many commits', { forced: false, commits: Array(20).fill(COMMIT) }],
    ['makes the branch', { forced: false, created: true, commits: [] }],
  ])('because it %s makes Andon look again', async (_, parts) => {
    const github = await open(GOOD)
    github.setWorkflowState(app.repository, 'design.yml', 'disabled_manually')
    await app.openLabeledIssue()
    await app.advance(SIX_HOURS, { stride: 1_200 })
    github.setWorkflowState(app.repository, 'design.yml', 'active')
    github.deliver('push', {
      ref: 'refs/heads/main',
      created: false,
      deleted: false,
      after: 'c0ffee'.padEnd(40, '0'),
      ...parts,
    })
    await app.advance(30)
    expect(github.runs).toHaveLength(1)
  })
})

test('an attempt that fails later has as many tries left as the file allows', async () => {
  const github = await open(null)
  github.onDispatch((run) => {
    run.start()
    run.fail()
  })
  await app.openLabeledIssue()
  await app.advance(300)
  write(github, GOOD)
  await app.advance(1_500, { stride: 30 })
  expect(github.runs).toHaveLength(3)
  const [row] = (await board()).pipelines
  expect(row?.reason).toBe('attempt 4 of 4 failed; a person is needed: /andon retry design')
})

test('/andon retry starts it by hand', async () => {
  const github = await open(GOOD)
  github.setWorkflowState(app.repository, 'design.yml', 'disabled_manually')
  await app.openLabeledIssue()
  await app.advance(60)
  github.setWorkflowState(app.repository, 'design.yml', 'active')
  await app.comment('/andon retry design')
  await app.advance(30)
  expect(github.runs).toHaveLength(1)
})

test('a closed issue is not looked after, and starts once it is reopened', async () => {
  const github = await open(null)
  await app.openLabeledIssue()
  await app.advance(60)
  await github.closeIssue(app.repository, 1, 'not_planned')
  await app.advance(60)
  write(github, GOOD)
  await app.advance(SIX_HOURS, { stride: 1_200 })
  expect(github.runs).toHaveLength(0)
  await github.reopenIssue(app.repository, 1)
  await app.advance(60)
  expect(github.runs).toHaveLength(1)
})

test('ten issues cost one try each, and then start within their limit', async () => {
  const github = await open(null)
  await app.openLabeledIssue()
  for (let nth = 0; nth < 9; nth++) await github.openIssue(app.repository, { title: `${nth}`, labels: ['andon'] })
  await app.advance(180)
  await app.advance(1_200, { stride: 400 })
  expect(app.dispatched()).toHaveLength(10)
  expect((await board()).counts).toMatchObject({ failed: 10, needsYou: 10 })
  write(github, GOOD)
  await app.advance(120)
  // The file's limit of four at once holds.
  expect(github.runs).toHaveLength(4)
})

test('a file that reads well and is refused all the same is tried three times in a row, and then needs a person', async () => {
  const github = await open(GOOD)
  refuse(github, "Workflow does not have 'workflow_dispatch' trigger")
  await app.openLabeledIssue()
  await app.advance(3_600, { stride: 30 })
  expect((await board()).counts).toMatchObject({ needsYou: 1, failed: 1 })
  expect(app.dispatched().length).toBeLessThanOrEqual(4)

  github.chooseFaults(() => null)
  write(github, `${GOOD}\n`)
  await app.advance(120)
  expect(github.runs).toHaveLength(1)
})
