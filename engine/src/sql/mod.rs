//! From SQL text to what the engine needs to know of it: the template, and the dependencies. The only room that names
//! sqlparser.
