export function checkAlignment(_path: string): void {}
