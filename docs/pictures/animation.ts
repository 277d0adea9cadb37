// Frames to one animated PNG: a shared palette, and of each frame only the rectangle that changed.
import upng from 'upng-js'

export type Frame = { readonly png: Buffer; readonly milliseconds: number }

// The board has few colours; what anti-aliasing adds looks the same with 48 of them, in half the bytes.
const COLORS = 48

export function encodeAnimation(frames: readonly Frame[]): Buffer {
  const images = frames.map(({ png }) => upng.decode(toArrayBuffer(png)))
  const [first] = images
  if (first === undefined) throw new Error('there is no frame to encode')
  const pixels = images.map((image) => {
    const [rgba] = upng.toRGBA8(image)
    if (rgba === undefined) throw new Error('a frame has no pixels')
    return rgba
  })
  const delays = frames.map(({ milliseconds }) => milliseconds)
  return Buffer.from(upng.encode(pixels, first.width, first.height, COLORS, delays))
}

function toArrayBuffer(buffer: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(buffer.length)
  new Uint8Array(copy).set(buffer)
  return copy
}
