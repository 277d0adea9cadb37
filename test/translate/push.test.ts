import { describe, expect, test } from 'vitest'
import { exampleDelivery, REPOSITORY, type WebhookDelivery } from '../support/deliveries.ts'
import { RECEIVED, translateAs, translateDelivery } from './support/translate-delivery.ts'

const NOTHING = { added: [], removed: [], modified: [] }
const TOUCHING = { ...NOTHING, modified: ['README.md', '.github/andon.yml'] }

/** A push as GitHub sends it, without an action. */
function push(parts: Record<string, unknown> = {}): WebhookDelivery {
  const { name, payload } = exampleDelivery('push', '', REPOSITORY, {
    repository: { id: REPOSITORY.id, full_name: REPOSITORY.fullName, default_branch: 'main' },
    ref: 'refs/heads/main',
    created: false,
    forced: false,
    deleted: false,
    commits: [NOTHING, TOUCHING],
    ...parts,
  })
  const { action: _, ...rest } = payload
  return { name, payload: rest }
}

describe('a push', () => {
  test('that touches the file on the default branch is an event without the pushed commits', () => {
    const event = translateAs('configuration.pushed', push())
    expect(Object.keys(event).sort()).toEqual(['at', 'evidence', 'headSha', 'paths', 'repository', 'type'])
    expect([event.at, event.repository.id]).toEqual([RECEIVED, REPOSITORY.id])
    expect(event.paths).toEqual(['.github/andon.yml'])
  })

  test.each(['added', 'removed', 'modified'])('is an event when the file is among those %s', (how) => {
    expect(translateDelivery(push({ commits: [{ ...NOTHING, [how]: ['.github/andon.yml'] }] }))).not.toBeNull()
  })

  test.each([
    ['to another branch', { ref: 'refs/heads/andon/issue-42' }],
    ['to a branch whose name ends alike', { ref: 'refs/heads/not/main' }],
    ['of a tag', { ref: 'refs/tags/main' }],
    ['that deletes the branch', { deleted: true }],
    ['of other files', { commits: [{ ...NOTHING, added: ['.github/workflow/plan.yml', 'andon.yml'] }] }],
    ['of nothing', { commits: [] }],
    ['to a repository without a default branch', { repository: { default_branch: null } }],
  ])('%s is ignored', (_, parts) => {
    expect(translateDelivery(push(parts))).toBeNull()
  })

  test('that touches workflows names them, each once', () => {
    const plan = { ...NOTHING, added: ['.github/workflows/plan.yml', 'src/plan.ts'] }
    const both = { ...NOTHING, modified: ['.github/workflows/plan.yml'], removed: ['.github/workflows/code.yml'] }
    const event = translateAs('configuration.pushed', push({ commits: [plan, both] }))
    expect(event.paths).toEqual(['.github/workflows/code.yml', '.github/workflows/plan.yml'])
  })

  test.each([
    ['rewrites history', { forced: true, commits: [] }],
    ['makes the branch', { created: true, commits: [] }],
    ['lists no commits at all', { commits: undefined }],
    ['has as many commits as GitHub lists', { commits: Array(2_048).fill(NOTHING) }],
    ['has as many commits as an earlier GitHub lists', { commits: Array(20).fill(NOTHING) }],
  ])('that %s is an event, because it may have touched the files', (_, parts) => {
    expect(translateAs('configuration.pushed', push(parts)).paths).toBeNull()
  })
})
