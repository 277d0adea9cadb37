// Loaded into Andon's process by the demo: when the demo is gone, however it went, Andon stops by itself.
process.channel?.unref()
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
