// One write that makes a surface show what it should.
import type { GitHub } from '../github/client.ts'
import { GitHubFailure } from '../github/failure.ts'
import type { RepositoryAccess } from '../github/request.ts'
import { mayAnswerNeed } from '../pipeline/view/need.ts'
import { withMentions } from '../render/need-comment.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import type { PublicationStep, SurfaceContent } from './diff-surfaces.ts'
import type { PublishContext } from './publish-context.ts'
import { SEND_WINDOW_MS } from './timings.ts'

export type WriteStep = Exclude<PublicationStep, { action: 'recover' }>

/** Creates or changes the surface; resolves to its id on GitHub. */
export async function writeSurface(o: PublishContext, access: RepositoryAccess, step: WriteStep): Promise<number> {
  if (step.action === 'create') return await createSurface(o, access, step.content)
  await updateSurface(o.github, access, step.githubId, step.content)
  return step.githubId
}

async function createSurface(o: PublishContext, access: RepositoryAccess, content: SurfaceContent): Promise<number> {
  switch (content.kind) {
    case 'comment':
      return await o.github.createComment(access, content.issueNumber, content.body)
    case 'ask': {
      // What was sent late would arrive after it was searched for.
      const sendBy = millisecondsAfter(o.now(), SEND_WINDOW_MS)
      const people = await peopleWhoMayWrite(o.github, access, content)
      const body = withMentions(content.body, content.marker, people)
      return await o.github.createComment(access, content.issueNumber, body, sendBy)
    }
    case 'check': {
      const { name = '' } = content.check
      return await o.github.createCheckRun(access, { ...content.check, name })
    }
    case 'opened':
    case 'folded':
      throw new Error('what is opened or folded away exists')
  }
}

async function updateSurface(
  github: GitHub,
  access: RepositoryAccess,
  githubId: number,
  content: SurfaceContent,
): Promise<void> {
  switch (content.kind) {
    case 'comment':
      return await github.updateComment(access, githubId, content.body)
    case 'ask':
      // The need has come back. An edit tells nobody, so nobody is mentioned.
      return await github.updateComment(access, githubId, content.body)
    case 'opened':
      return await unlessRefused(github.setFolded(access, githubId, null), async () => undefined)
    case 'check':
      return await github.updateCheckRun(access, githubId, content.check)
    case 'folded':
      return await unlessRefused(github.setFolded(access, githubId, content.why), async () => {
        if (content.instead !== null) await github.updateComment(access, githubId, content.instead)
      })
  }
}

/** A refusal has changed nothing, so that the slot is still free for something else. */
async function unlessRefused(folding: Promise<void>, otherwise: () => Promise<void>): Promise<void> {
  try {
    await folding
  } catch (failure) {
    const isRefused = failure instanceof GitHubFailure && (failure.kind === 'no_access' || failure.kind === 'refused')
    if (!isRefused) throw failure
    await otherwise()
  }
}

/** Who started the issue, and those it is assigned to, if they may write. All is asked of GitHub now: they may have left since. */
async function peopleWhoMayWrite(
  github: GitHub,
  access: RepositoryAccess,
  { people, issueNumber }: Pick<Extract<SurfaceContent, { kind: 'ask' }>, 'people' | 'issueNumber'>,
): Promise<readonly string[]> {
  const assigned = await github.readAssignees(access, issueNumber)
  const able: string[] = []
  for (const login of whomToAsk([...people, ...assigned])) {
    const role = await github.readRole(access, login)
    if (role !== null && mayAnswerNeed(role)) able.push(login)
  }
  return able
}

/** GitHub lets ten be assigned; each costs a request, and who tells everybody tells nobody. */
const MOST_ASKED = 5

/** The first of them, each once: logins are the same in capitals and small letters. */
export function whomToAsk(logins: readonly string[]): readonly string[] {
  const lower = logins.map((login) => login.toLowerCase())
  return logins.filter((_, index) => lower.indexOf(lower[index] ?? '') === index).slice(0, MOST_ASKED)
}
