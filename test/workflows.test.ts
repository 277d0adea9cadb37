// The workflows we hand out, held against what Andon sends and looks for. Their scripts are run, too.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseAndonYml } from '../src/line/parse-andon-yml.ts'
import { hasAttemptKeyInRunName } from '../src/line/run-name.ts'
import { parseAttemptKey } from '../src/pipeline/facts/correlate.ts'

type Step = {
  readonly name?: string
  readonly uses?: string
  readonly if?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string | number>>
}
type Job = {
  readonly permissions: Readonly<Record<string, string>>
  readonly 'timeout-minutes': number
  readonly steps: readonly Step[]
}
type Workflow = {
  readonly 'run-name': string
  readonly on: {
    readonly workflow_dispatch: { readonly inputs: Readonly<Record<string, { type: string; required: boolean }>> }
  }
  readonly concurrency: { readonly group: string; readonly 'cancel-in-progress': boolean }
  readonly permissions: object
  readonly jobs: Readonly<Record<string, Job>>
}
type Action = {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean }>>
  readonly runs: { readonly steps: readonly Step[] }
}

const KEY = '42/plan/1-k3v9x'
const KNOWN = ['inputs.andon', 'inputs.andon || github.run_id', 'inputs.issue', 'github.token', 'vars.ANDON_URL'].map(
  expression,
)
const STAGES = ['plan', 'code', 'test'] as const
const action = parse(readFileSync('action/action.yml', 'utf8')) as Action
const scratch = mkdtempSync(join(tmpdir(), 'andon-workflows-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.each(STAGES)('the workflow of %s', (stage) => {
  const text = readFileSync(`docs/workflows/${stage}.yml`, 'utf8')
  const workflow = parse(text) as Workflow
  const [job] = Object.values(workflow.jobs) as [Job]
  const guard = job.steps[0]

  test('takes exactly the inputs that Andon sends, and can be started by hand', () => {
    const { inputs } = workflow.on.workflow_dispatch
    expect(Object.keys(inputs).sort()).toEqual(['andon', 'issue'])
    expect(Object.values(inputs).map(({ type }) => type)).toEqual(['string', 'string'])
    expect(inputs.issue?.required).toBe(true)
    expect(inputs.andon?.required).toBe(false)
  })

  test('echoes the attempt key in its title, where Andon finds it', () => {
    expect(workflow['run-name']).toContain('inputs.andon')
    const title = workflow['run-name'].replace(/\$\{\{ inputs\.andon \}\}/g, KEY)
    expect(title).toBe(`andon ${KEY}`)
    expect(parseAttemptKey(title)?.key).toBe(KEY)
    expect(hasAttemptKeyInRunName(text)).toBe(true)
  })

  test('never works twice at the same time for one attempt, and ends by itself', () => {
    expect(workflow.concurrency).toEqual({
      group: `andon-${expression('inputs.andon || github.run_id')}`,
      'cancel-in-progress': false,
    })
    expect(job['timeout-minutes']).toBeLessThanOrEqual(360)
  })

  test('gives nothing by default, and its job what the guard and the reports need', () => {
    expect(workflow.permissions).toEqual({})
    expect(job.permissions).toMatchObject({ actions: 'read', 'id-token': 'write' })
    const writes = Object.keys(job.permissions).filter((name) => job.permissions[name] === 'write')
    const needed = { plan: ['issues'], code: ['contents', 'pull-requests'], test: [] }
    expect(writes.sort()).toEqual([...needed[stage], 'id-token'].sort())
  })

  test('puts no expression into a script, and no word of an issue anywhere', () => {
    for (const step of job.steps) expect(step.run ?? '').not.toContain('${{')
    const expressions = text.match(/\$\{\{.*?\}\}/g) ?? []
    expect([...new Set(expressions)].filter((each) => !KNOWN.includes(each))).toEqual([])
  })

  test('reports with fields that the action takes, and passes on the key', () => {
    const reports = job.steps.filter(({ uses }) => uses?.includes('andon/action'))
    expect(reports.length).toBeGreaterThan(0)
    for (const { with: given = {} } of reports) {
      expect(Object.keys(given).filter((name) => !(name in action.inputs))).toEqual([])
      expect(given).toMatchObject({ url: expression('vars.ANDON_URL'), andon: expression('inputs.andon') })
      expect(Number(given.progress)).toBeGreaterThanOrEqual(0)
      expect(Number(given.progress)).toBeLessThanOrEqual(100)
    }
  })

  describe('begins with a guard that', () => {
    const run = (runs: unknown, gh = `cat <<'RUNS'\n${JSON.stringify(runs)}\nRUNS`) => {
      writeFileSync(join(scratch, 'gh'), `#!/usr/bin/env bash\n${gh}\n`)
      chmodSync(join(scratch, 'gh'), 0o755)
      const { status } = spawnSync(
        'bash',
        ['--noprofile', '--norc', '-eo', 'pipefail', '-c', guard?.run ?? 'exit 99'],
        {
          encoding: 'utf8',
          env: {
            PATH: `${scratch}:${process.env.PATH}`,
            TITLE: `andon ${KEY}`,
            WORKFLOW: `${stage}.yml`,
            GITHUB_REPOSITORY: 'acme/rocket',
            GITHUB_RUN_ID: '901',
          },
        },
      )
      return status
    }
    const one = (id: number, title = `andon ${KEY}`) => ({ id, display_title: title })

    test('looks only where the title can be', () => {
      expect(guard?.if).toBe("inputs.andon != ''")
      expect(guard?.env).toMatchObject({ TITLE: `andon ${expression('inputs.andon')}`, WORKFLOW: `${stage}.yml` })
    })

    test('lets a run go on that is alone, or the oldest of its attempt', () => {
      expect(run({ workflow_runs: [one(901)] })).toBe(0)
      expect(run({ workflow_runs: [one(903), one(901)] })).toBe(0)
      expect(run({ workflow_runs: [] })).toBe(0)
    })

    test('lets a run go on among runs of other attempts', () => {
      expect(run({ workflow_runs: [one(900, `andon ${KEY}2`), one(899, 'andon 42/plan/10-k3v9x'), one(901)] })).toBe(0)
    })

    test('stops the younger of two', () => {
      expect(run({ workflow_runs: [one(901), one(900)] })).toBe(1)
    })

    test('stops when it cannot know', () => {
      expect(run(null, 'exit 1')).not.toBe(0)
      expect(run(null, 'echo oops')).not.toBe(0)
    })
  })
})

test('the example of a configuration names these files, and can be read', () => {
  const [, example = ''] =
    /```yaml\n(start:[\s\S]*?)```/.exec(readFileSync('docs/reference/configuration.md', 'utf8')) ?? []
  const parsed = parseAndonYml(example)
  if (!('line' in parsed)) throw new Error(JSON.stringify(parsed))
  expect(parsed.line.stages.map(({ workflow }) => workflow)).toEqual([...STAGES.map((stage) => `${stage}.yml`), null])
})

test('the action hands everything it is given to its script, through the environment', () => {
  const [step] = action.runs.steps
  expect(step?.run).toBe('bash "$GITHUB_ACTION_PATH/report.sh"')
  expect(Object.values(step?.env ?? {}).sort()).toEqual(
    Object.keys(action.inputs)
      .map((name) => expression(`inputs.${name}`))
      .sort(),
  )
})

function expression(of: string): string {
  return `\${{ ${of} }}`
}
