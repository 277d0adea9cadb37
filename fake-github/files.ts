// Files on the default branches, as far as the App reads them: an andon.yml and some workflows.
import { createHash } from 'node:crypto'
import type { ApiResponse } from './api-request.ts'
import type { SendWebhook } from './webhooks.ts'
import { repositoryOf, type World } from './world.ts'

export type RepositoryFiles = {
  /** Puts a file on the default branch and delivers the push; null deletes it. */
  write(fullName: string, path: string, text: string | null, by: string): void
  read(fullName: string, path: string): string | null
  /** Was it there once? */
  isDeleted(fullName: string, path: string): boolean
  /** Answers `GET /repos/o/r/contents/<path>`, whatever the `ref`. */
  respond(fullName: string, path: string): ApiResponse
}

export function openRepositoryFiles(world: World, send: SendWebhook): RepositoryFiles {
  const texts = new Map<string, string | null>()
  const read = (fullName: string, path: string) => texts.get(`${fullName}/${path}`) ?? null

  return {
    read,
    isDeleted: (fullName, path) => texts.get(`${fullName}/${path}`) === null,
    write(fullName, path, text, by) {
      const existed = read(fullName, path) !== null
      texts.set(`${fullName}/${path}`, text)
      const { id, default_branch: branch } = repositoryOf(world, fullName)
      const before = world.git.head(id, branch)
      const after = world.git.commit(id, branch)
      const touched = { added: [] as string[], removed: [] as string[], modified: [] as string[] }
      touched[text === null ? 'removed' : existed ? 'modified' : 'added'].push(path)
      const flags = { created: false, deleted: false, forced: false }
      const commits = [{ id: after, ...touched }]
      send('push', { ref: `refs/heads/${branch}`, before, after, ...flags, commits }, fullName, by)
    },
    respond(fullName, path) {
      if (world.grant.permissions.contents === undefined)
        return { status: 403, body: { message: 'Resource not accessible by integration' } }
      const text = read(fullName, path)
      if (text === null) return { status: 404, body: { message: 'Not Found' } }
      const bytes = Buffer.from(text)
      const sha = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
      const content = bytes.toString('base64').replace(/.{60}/g, '$&\n')
      const name = path.slice(path.lastIndexOf('/') + 1)
      return { status: 200, body: { type: 'file', encoding: 'base64', size: bytes.length, name, path, sha, content } }
    },
  }
}
