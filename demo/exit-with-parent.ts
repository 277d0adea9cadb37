// The demo loads this into Andon's process: when the demo ends, however it ends, Andon stops by itself.
process.channel?.unref()
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
