// The beginning.

import './styles/index.css';
import './state/traffic.js';
import './views/app.js';
