import { describe, expect, test } from 'vitest'
import { exampleDelivery, INSTALLATION_ID, REPOSITORY } from '../support/deliveries.ts'
import { translateAs } from './support/translate-delivery.ts'

describe('repositories and installations', () => {
  test.each(['renamed', 'transferred', 'privatized', 'publicized', 'edited', 'unarchived'])(
    'a repository that is %s has changed',
    (action) =>
      expect(translateAs('repository.changed', exampleDelivery('repository', action)).repository.id).toBe(
        REPOSITORY.id,
      ),
  )

  test.each(['deleted', 'archived'])('a repository that is %s leaves the line', (action) => {
    const { repository } = translateAs('repository.removed', exampleDelivery('repository', action))
    expect(repository.updatedAt).toMatch(/^2019-05-15T15:2/)
  })

  test.each([
    ['created', 'active', 1, 0],
    ['unsuspend', 'active', 0, 0],
    ['suspend', 'suspended', 0, 0],
    ['deleted', 'removed', 0, 1],
  ])('an installation that was %s is %s', (action, state, added, removed) => {
    const repositories = ['created', 'deleted'].includes(action)
      ? [{ id: 1, full_name: 'acme/rocket', private: true }]
      : undefined
    const event = translateAs(
      'installation.changed',
      exampleDelivery('installation', action, REPOSITORY, { repositories }),
    )
    expect([event.state, event.added.length, event.removed.length]).toEqual([state, added, removed])
  })

  test('new permissions do not make a suspended installation active', () => {
    const installation = { suspended_at: '2026-11-20T08:00:00Z' }
    const delivery = exampleDelivery('installation', 'new_permissions_accepted', REPOSITORY, { installation })
    expect(translateAs('installation.changed', delivery).state).toBe('suspended')
  })

  test('repositories join and leave an installation', () => {
    const added = translateAs('installation.changed', exampleDelivery('installation_repositories', 'added')).added
    expect(added).toMatchObject([
      { fullName: 'Codertocat/Space', installationId: INSTALLATION_ID, defaultBranch: null },
    ])
    const { removed } = translateAs('installation.changed', exampleDelivery('installation_repositories', 'removed'))
    expect(removed).toMatchObject([{ id: 1296269, ref: { fullName: 'octocat/Hello-World' } }])
  })

  test('a repository that leaves with nothing but its id is known by its id', () => {
    const parts = { repositories_removed: [{ id: 77 }] }
    const delivery = exampleDelivery('installation_repositories', 'removed', REPOSITORY, parts)
    expect(translateAs('installation.changed', delivery).removed).toEqual([{ id: 77, ref: null }])
  })

  test('a description whose time cannot be read is a description without a time', () => {
    const delivery = exampleDelivery('repository', 'renamed', REPOSITORY, { repository: { updated_at: 'yesterday' } })
    expect(translateAs('repository.changed', delivery).repository).not.toHaveProperty('updatedAt')
  })
})
