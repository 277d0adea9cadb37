// The people and repositories at the start.

export type Permission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

export type Organization = {
  readonly login: string
  readonly repositories: readonly {
    readonly name: string
    readonly private?: boolean
    readonly description?: string
    /** An installation of its own, as if it belonged to another owner. */
    readonly installationId?: number
  }[]
  /** Logins and their role in every repository. Names that end in `[bot]` are Apps. */
  readonly collaborators: Readonly<Record<string, Permission>>
}

export const ACME: Organization = {
  login: 'acme',
  repositories: [
    { name: 'widgets', description: 'The widgets people buy' },
    { name: 'api', description: 'What the widgets talk to' },
  ],
  collaborators: {
    ada: 'admin',
    grace: 'maintain',
    linus: 'write',
    margaret: 'write',
    trinity: 'triage',
    passerby: 'read',
    'claude[bot]': 'write',
    'github-actions[bot]': 'write',
    'dependabot[bot]': 'write',
  },
}

export const APP = { id: 424_242, slug: 'andon', name: 'Andon', hookId: 515_151, installationId: 606_060 } as const
