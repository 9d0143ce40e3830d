export { languageTag } from '../languages/languageTag.js';
