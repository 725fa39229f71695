int zubr_curl_placeholder(void);
