export function createTeachPanel(store) { return {}; }
