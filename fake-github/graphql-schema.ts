// The part of GitHub's schema that links issues and pull requests, and folds comments away.
import { isGranted } from './access.ts'
import { Forbidden, type Node, NotFound } from './graphql.ts'
import {
  type Issue,
  issuesClosedBy,
  type PullRequest,
  type Repository,
  type Review,
  repositoryByName,
  type StoredComment,
  type World,
} from './world.ts'

/** The roots of the graph: of what is asked, and of what is changed. */
export function graphqlRoots(world: World): { readonly query: Node; readonly mutation: Node } {
  return { query: queryRoot(world), mutation: mutationRoot(world) }
}

/** An App folds comments away with the permission that writes them, and only through here: REST cannot. */
function mutationRoot(world: World): Node {
  const change = (subjectId: string, minimized: string | null, field: string) => {
    const stored = commentByNodeId(world, subjectId)
    expectGranted(world, 'issues', 'write')
    const repository = [...world.repositories.values()].find(({ id }) => id === stored.repositoryId)
    if (repository?.archived === true) throw new Forbidden('Repository was archived so is read-only.')
    const comment = { ...stored, minimized }
    world.comments.set(stored.json.id, comment)
    return { __typename: `${field}Payload`, [field]: commentNode(comment) }
  }
  return {
    __typename: 'Mutation',
    minimizeComment({ input }: { input: { subjectId: string; classifier: string } }) {
      if (!CLASSIFIERS.includes(input.classifier))
        throw new Error(`Argument 'classifier' on InputObject 'MinimizeCommentInput' has an invalid value`)
      return change(input.subjectId, input.classifier.toLowerCase().replace('_', '-'), 'minimizedComment')
    },
    unminimizeComment: ({ input }: { input: { subjectId: string } }) =>
      change(input.subjectId, null, 'unminimizedComment'),
  }
}

// https://docs.github.com/en/graphql/reference/enums#reportedcontentclassifiers
const CLASSIFIERS = ['ABUSE', 'DUPLICATE', 'OFF_TOPIC', 'OUTDATED', 'RESOLVED', 'SPAM']

function queryRoot(world: World): Node {
  return {
    __typename: 'Query',
    repository({ owner, name }: { owner: string; name: string }) {
      // GitHub follows renames here unless it is asked not to.
      const repository = repositoryByName(world, `${owner}/${name}`)
      if (!repository) throw new NotFound(`Could not resolve to a Repository with the name '${owner}/${name}'.`)
      return repositoryNode(world, repository)
    },
    node: ({ id }: { id: string }) => commentNode(commentByNodeId(world, id)),
    rateLimit: { __typename: 'RateLimit', cost: 1, limit: 5000, remaining: 4999 },
  }
}

function commentByNodeId(world: World, id: string): StoredComment {
  const comment = [...world.comments.values()].find(({ json }) => json.node_id === id)
  if (!comment) throw new NotFound(`Could not resolve to a node with the global id of '${id}'.`)
  return comment
}

function commentNode({ json, viaEmail, minimized }: StoredComment): Node {
  return {
    __typename: 'IssueComment',
    id: json.node_id,
    databaseId: json.id,
    body: json.body,
    createdViaEmail: viaEmail,
    isMinimized: minimized !== null,
    minimizedReason: minimized,
  }
}

function expectGranted(world: World, permission: string, level: 'read' | 'write' = 'read'): void {
  if (!isGranted(world, permission, level)) throw new Forbidden('Resource not accessible by integration')
}

function repositoryNode(world: World, repository: Repository): Node {
  const fullName = repository.full_name
  return {
    __typename: 'Repository',
    id: repository.node_id,
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: fullName,
    isPrivate: repository.private,
    url: `${world.url}/${fullName}`,
    defaultBranchRef() {
      expectGranted(world, 'contents')
      const oid = world.git.head(repository.id, repository.default_branch)
      return oid === null ? null : refNode(repository.default_branch, oid)
    },
    issue({ number }: { number: number }) {
      expectGranted(world, 'issues')
      const issue = world.issues.get(`${fullName}#${number}`)
      if (!issue || world.deletedIssues.has(`${fullName}#${number}`))
        throw new NotFound(`Could not resolve to an Issue with the number of ${number}.`)
      return issueNode(world, fullName, issue)
    },
    pullRequest({ number }: { number: number }) {
      expectGranted(world, 'pull_requests')
      const pull = world.pullRequests.get(`${fullName}#${number}`)
      if (!pull) throw new NotFound(`Could not resolve to a PullRequest with the number of ${number}.`)
      return pullRequestNode(world, fullName, pull)
    },
  }
}

function issueNode(world: World, fullName: string, issue: Issue): Node {
  return {
    __typename: 'Issue',
    id: issue.node_id,
    databaseId: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body ?? '',
    url: issue.html_url,
    state: issue.state.toUpperCase(),
    stateReason: issue.state_reason?.toUpperCase() ?? null,
    closed: issue.state === 'closed',
    createdAt: issue.created_at,
    updatedAt: issue.updated_at,
    closedAt: issue.closed_at,
    author: actorNode(issue.user),
    assignees: ({ first }: { first?: number }) => connection('UserConnection', issue.assignees.map(actorNode), first),
    repository: { __typename: 'Repository', nameWithOwner: fullName, databaseId: world.repositories.get(fullName)?.id },
    closedByPullRequestsReferences({
      first,
      includeClosedPrs = false,
    }: {
      first?: number
      includeClosedPrs?: boolean
    }) {
      expectGranted(world, 'pull_requests')
      const linking = [...world.pullRequests]
        .filter(
          ([key, pull]) =>
            key.startsWith(`${fullName}#`) && issuesClosedBy(world, fullName, pull).includes(issue.number),
        )
        .map(([, pull]) => pull)
        .filter((pull) => includeClosedPrs || pull.state === 'open')
      return connection(
        'PullRequestConnection',
        linking.map((pull) => pullRequestNode(world, fullName, pull)),
        first,
      )
    },
  }
}

function pullRequestNode(world: World, fullName: string, pull: PullRequest): Node {
  return {
    __typename: 'PullRequest',
    id: pull.node_id,
    databaseId: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body ?? '',
    url: pull.html_url,
    state: pull.merged ? 'MERGED' : pull.state.toUpperCase(),
    closed: pull.state === 'closed',
    merged: pull.merged,
    isDraft: pull.draft,
    createdAt: pull.created_at,
    updatedAt: pull.updated_at,
    closedAt: pull.closed_at,
    mergedAt: pull.merged_at,
    author: actorNode(pull.user),
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    baseRefName: pull.base.ref,
    baseRefOid: pull.base.sha,
    headRef: refNode(pull.head.ref, pull.head.sha),
    isCrossRepository: ownerOf(pull) !== world.organization.login,
    headRepositoryOwner: { __typename: 'Organization', login: ownerOf(pull) },
    reviews({ first, last, states }: { first?: number; last?: number; states?: readonly string[] }) {
      const reviews = (world.reviews.get(`${fullName}#${pull.number}`) ?? []).filter(
        (review) => states === undefined || states.includes(review.state.toUpperCase()),
      )
      return connection('PullRequestReviewConnection', reviews.map(reviewNode), first ?? last)
    },
    repository: { __typename: 'Repository', nameWithOwner: fullName, databaseId: world.repositories.get(fullName)?.id },
    closingIssuesReferences({ first }: { first?: number }) {
      const issues = issuesClosedBy(world, fullName, pull).map((number) =>
        issueNode(world, fullName, world.issues.get(`${fullName}#${number}`)!),
      )
      return connection('IssueConnection', issues, first)
    },
  }
}

function ownerOf({ head }: PullRequest): string {
  return head.label.slice(0, head.label.indexOf(':'))
}

function reviewNode(review: Review): Node {
  return {
    __typename: 'PullRequestReview',
    id: review.node_id,
    databaseId: review.id,
    number: review.id,
    state: review.state.toUpperCase(),
    submittedAt: review.submitted_at,
    author: actorNode(review.user),
    commit: { __typename: 'Commit', oid: review.commit_id },
  }
}

function refNode(name: string, oid: string): Node {
  return {
    __typename: 'Ref',
    name,
    prefix: 'refs/heads/',
    target: { __typename: 'Commit', oid, id: `C_${oid}`, commitUrl: oid },
  }
}

function actorNode(user: { readonly login: string; readonly type: string; readonly id: number }): Node {
  // GraphQL names a bot without the suffix that REST gives it.
  return {
    __typename: user.type === 'Bot' ? 'Bot' : 'User',
    login: user.login.replace(/\[bot\]$/, ''),
    databaseId: user.id,
    url: user.login,
  }
}

function connection(typename: string, nodes: readonly Node[], first: number | undefined): Node {
  if (first === undefined)
    throw new Error(`You must provide a \`first\` or \`last\` value to properly paginate the connection.`)
  const shown = nodes.slice(0, first)
  return {
    __typename: typename,
    totalCount: nodes.length,
    nodes: shown,
    edges: shown.map((node) => ({ __typename: 'Edge', node, cursor: String(node.number) })),
    pageInfo: {
      __typename: 'PageInfo',
      hasNextPage: shown.length < nodes.length,
      endCursor: String(shown.at(-1)?.number ?? ''),
    },
  }
}
