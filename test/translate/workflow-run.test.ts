import { describe, expect, test } from 'vitest'
import { allExamples, type WebhookDelivery } from '../support/deliveries.ts'
import { traceDelivery, translateAs, translateDelivery, withPayload } from './support/translate-delivery.ts'

describe('workflow runs', () => {
  test('a run has its file, its title, its branch and no jobs', () => {
    const { run, at } = translateAs('run.changed', traceDelivery('workflow_run', 'completed'))
    expect(run).toEqual({
      id: run.id,
      runAttempt: 1,
      workflow: 'plan.yml',
      title: 'andon 42/plan/1-k3v9x',
      event: 'workflow_dispatch',
      actor: null,
      status: 'completed',
      conclusion: 'success',
      branch: 'main',
      headSha: 'b'.repeat(40),
      url: `https://github.com/acme/rocket/actions/runs/${run.id}`,
      startedAt: '2026-11-20T09:00:48.000Z',
      updatedAt: at,
      jobs: [],
      evidence: { kind: 'delivery', id: 'a-guid', at },
    })
  })

  test.each([
    ['.github/workflows/plan.yml', 'plan.yml'],
    ['.github/workflows/plan.yml@main', 'plan.yml'],
    ['.github/workflows/plan.yml@refs/heads/feature/x.yml', 'plan.yml'],
    ['dynamic/github-code-scanning/codeql', 'codeql'],
    ['', ''],
  ])('the path %j names the file %j', (path, file) => {
    const delivery = withPayload(traceDelivery('workflow_run', 'requested'), { workflow_run: { path } })
    expect(translateAs('run.changed', delivery).run.workflow).toBe(file)
  })

  test('a run without a path has the path of its workflow', () => {
    const delivery = withPayload(traceDelivery('workflow_run', 'requested'), {
      workflow_run: { path: null },
      workflow: { path: '.github/workflows/code.yml' },
    })
    expect(translateAs('run.changed', delivery).run.workflow).toBe('code.yml')
  })

  test.each([
    ['requested', 'queued', null, 'queued', null],
    ['requested', 'requested', null, 'requested', null],
    ['requested', 'pending', null, 'pending', null],
    ['requested', 'waiting', null, 'waiting', null],
    ['requested', 'hibernating', null, 'requested', null],
    ['requested', 'completed', 'action_required', 'completed', 'action_required'],
    ['in_progress', 'queued', null, 'in_progress', null],
    ['requested', 'in_progress', null, 'in_progress', null],
    ['completed', 'queued', 'failure', 'completed', 'failure'],
    ['completed', 'queued', null, 'queued', null],
    ['in_progress', 'in_progress', 'success', 'in_progress', null],
    ['completed', 'completed', 'startup_failure', 'completed', 'startup_failure'],
  ])('the action %s with status %s and conclusion %s means %s, %s', (action, status, conclusion, means, ends) => {
    const delivery = withPayload(traceDelivery('workflow_run', 'completed'), {
      action,
      workflow_run: { status, conclusion },
    })
    const { run } = translateAs('run.changed', delivery)
    expect([run.status, run.conclusion]).toEqual([means, ends])
  })

  test('a completed run without a conclusion cannot be translated', () => {
    const delivery = withPayload(traceDelivery('workflow_run', 'completed'), { workflow_run: { conclusion: null } })
    expect(() => translateDelivery(delivery)).toThrow('workflow_run.conclusion: a completed run has none')
  })

  test('a run of a fork never has a branch or a key that could be ours', () => {
    const head_repository = { id: 666, full_name: 'mallory/rocket' }
    const run = { head_repository, head_branch: 'andon/issue-42', display_title: '42/plan/1-k3v9x' }
    const fact = translateAs(
      'run.changed',
      withPayload(traceDelivery('workflow_run', 'requested'), { workflow_run: run }),
    ).run
    expect([fact.branch, fact.title]).toEqual(['mallory:andon/issue-42', ''])
    const gone = withPayload(traceDelivery('workflow_run', 'requested'), {
      workflow_run: { ...run, head_repository: null },
    })
    expect(translateAs('run.changed', gone).run.branch).toBeNull()
  })
})

describe('workflow jobs', () => {
  test('a job has the number of its steps', () => {
    const steps = [
      { name: 'Set up job', status: 'completed' },
      { name: 'Run the agent', status: 'in_progress' },
      { name: 'Complete job', status: 'queued' },
    ]
    const delivery = withPayload(traceDelivery('workflow_job', 'in_progress'), { workflow_job: { steps } })
    const { job } = translateAs('job.changed', delivery)
    expect([job.step, job.stepsCompleted, job.stepsTotal]).toEqual(['Run the agent', 1, 3])
  })

  test.each([
    ['queued', 'queued', null, 'queued'],
    ['queued', 'waiting', null, 'waiting'],
    ['waiting', 'waiting', null, 'waiting'],
    ['waiting', 'queued', null, 'waiting'],
    ['queued', 'pending', null, 'pending'],
    ['queued', 'requested', null, 'requested'],
    ['queued', 'hibernating', null, 'requested'],
    ['in_progress', 'queued', null, 'in_progress'],
    ['completed', 'in_progress', 'success', 'completed'],
    ['queued', 'completed', 'cancelled', 'completed'],
  ])('the action %s with status %s and conclusion %s means %s', (action, status, conclusion, means) => {
    const delivery = withPayload(traceDelivery('workflow_job', 'completed'), {
      action,
      workflow_job: { status, conclusion },
    })
    expect(translateAs('job.changed', delivery).job.status).toBe(means)
  })

  test('the time of a job is the newest in its payload', () => {
    const moments = { created_at: '2026-11-20T09:00:00Z', started_at: '2026-11-20T09:00:05Z', completed_at: null }
    const delivery = withPayload(traceDelivery('workflow_job', 'in_progress'), {
      workflow_job: { ...moments, steps: [] },
    })
    expect(translateAs('job.changed', delivery).at).toBe('2026-11-20T09:00:05.000Z')
    const step = { name: 'Run', status: 'in_progress', number: 1, conclusion: null, started_at: '2026-11-20T09:07:00Z' }
    const moving = withPayload(delivery, { workflow_job: { steps: [step] } })
    expect(translateAs('job.changed', moving).at).toBe('2026-11-20T09:07:00.000Z')
    const none = { created_at: null, started_at: null, completed_at: null }
    expect(() => translateDelivery(withPayload(delivery, { workflow_job: none }))).toThrow('workflow_job.started_at')
  })

  test('a payload without run_attempt is of the first attempt', () => {
    const old = allExamples().find(
      ({ name, payload }) => name === 'workflow_job' && !JSON.stringify(payload).includes('"run_attempt"'),
    )
    expect(translateAs('job.changed', old as WebhookDelivery).job.runAttempt).toBe(1)
  })
})
